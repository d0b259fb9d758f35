"""ONNX Runtime's own operators that sample images at positions between pixels."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN


@expansion("GridSample", domain=DOMAIN)
def grid_sample(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = GridSample(x), with the standard's names of modes before its opset 20."""
    given = {name: node.attribute(name) for name in ("align_corners", "mode", "padding_mode")}
    return op.GridSample(*node.inputs, **given)


@expansion("CropAndResize", domain=DOMAIN)
def crop_and_resize(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = GridSample of x between the regions' corners, the extrapolation value outside x."""
    x, regions, batch, size = node.inputs
    is_nearest = node.attribute("mode", "bilinear") == "nearest"
    corners = op.Split(regions, axis=1, num_outputs=4, _outputs=4)
    grids, insides = [], []
    for k in (0, 1):
        last = op.Cast(op.Sub(op.Gather(op.Shape(x), 2 + k), 1), to=op.dtype)
        positions = _positions(op, op.Gather(size, k), corners[k], corners[k + 2])
        pixels = op.Mul(positions, last)
        insides.append(op.And(op.GreaterOrEqual(pixels, 0.0), op.LessOrEqual(pixels, last)))
        if is_nearest:
            positions = op.Div(op.Floor(op.Add(pixels, 0.5)), op.Max(last, 1.0))
        grids.append(op.Sub(op.Mul(positions, 2.0), 1.0))
    rows, columns = (op.Unsqueeze(g, axes) for g, axes in zip(grids, ([2, 3], [1, 3]), strict=True))
    shape = op.Shape(op.Add(rows, columns))
    grid = op.Concat(op.Expand(columns, shape), op.Expand(rows, shape), axis=3)
    images = op.Gather(x, batch, axis=0)
    sampled = op.GridSample(images, grid, align_corners=1, mode="nearest" if is_nearest else "bilinear")
    is_inside = op.And(op.Unsqueeze(insides[0], [1, 3]), op.Unsqueeze(insides[1], [1, 2]))
    return op.Where(is_inside, sampled, node.attribute("extrapolation_value", 0.0))


def _positions(op: Emitter, count: ir.Value, start: ir.Value, end: ir.Value) -> ir.Value:
    """`count` positions from `start` to `end`, (regions, count); the middle where it is one."""
    steps = op.Cast(op.Range(0, op.Cast(count, to=ir.DataType.INT64), 1), to=op.dtype)
    last = op.Cast(op.Sub(count, 1), to=op.dtype)
    share = op.Where(op.Greater(last, 0.0), op.Div(steps, op.Max(last, 1.0)), 0.5)
    return op.Add(start, op.Mul(op.Sub(end, start), share))
