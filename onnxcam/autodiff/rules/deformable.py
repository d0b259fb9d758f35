"""Convolutions that read at computed places."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion


@expansion("DeformConv")
def deform_conv(op: Emitter, node: ForwardNode) -> ir.Value:
    """Σ w·m·x + b, x read at p·stride - before + k·dilation + offset, bilinear, 0 outside: as GridSample and MatMul.

    Of a place between two cells rounding decides to which it counts. N batch, O groups of offsets, K elements of the
    kernel, P of the output, G groups of channels.
    """
    if node.rank() != 4:
        raise node.refusal("its input is no image, of which alone runtimes take it")
    x, w, offset = node.inputs[:3]
    bias, mask, groups = node.input(3), node.input(4), int(node.attribute("group"))
    shape, out = op.Shape(x), op.Slice(op.Shape(offset), [2], [4])
    batch = op.Slice(shape, [0], [1])
    split = op.Mul(batch, [int(node.attribute("offset_group"))])
    elements = op.ReduceProd(op.Slice(op.Shape(w), [2], [4]), keepdims=1)
    images = op.Reshape(x, op.Concat(split, [-1], op.Slice(shape, [2], [4]), axis=0))
    grid = op.Reshape(_places(op, node, split), op.Concat(split, elements, [-1, 2], axis=0))
    read = op.GridSample(images, grid)  # (N·O, C/O, K, P)
    if mask is not None:
        read = op.Mul(read, op.Reshape(mask, op.Concat(split, [1], elements, [-1], axis=0)))
    columns = op.Reshape(read, op.Concat(batch, [groups, -1], op.ReduceProd(out, keepdims=1), axis=0))
    weights = op.Reshape(op.Unsqueeze(op.Flatten(w), [0]), [groups, -1, 0])
    y = op.Reshape(op.MatMul(weights, columns), op.Concat(batch, [-1], out, axis=0))
    return y if bias is None else op.Add(y, op.Unsqueeze(bias, [1, 2]))


def _places(op: Emitter, node: ForwardNode, split: ir.Value) -> ir.Value:
    """Where each element of the kernel reads for each of the output, as GridSample has it: (N·O, kh, kw, h, w, 2)."""
    x, w, offset = node.inputs[:3]
    kernel, out = op.Slice(op.Shape(w), [2], [4]), op.Slice(op.Shape(offset), [2], [4])
    apart = op.Reshape(offset, op.Concat(split, kernel, [2], out, axis=0))
    strides, dilations = (node.attribute(name) or (1, 1) for name in ("strides", "dilations"))
    before = node.attribute("pads") or (0, 0)
    places: list[Any] = []
    for axis in (1, 0):
        elements = op.Mul(op.Range(0, op.Gather(kernel, axis), 1), int(dilations[axis]))
        windows = op.Mul(op.Range(0, op.Gather(out, axis), 1), int(strides[axis]))
        start = op.Add(op.Reshape(elements, [-1, 1, 1, 1][: 4 - axis]), op.Reshape(windows, [-1, 1][: 2 - axis]))
        place = op.Add(op.Gather(apart, axis, axis=3), op.Cast(op.Sub(start, int(before[axis])), to=op.dtype))
        size = op.Cast(op.Gather(op.Shape(x), 2 + axis), to=op.dtype)
        scaled = op.Sub(op.Div(op.Add(op.Mul(place, 2.0), 1.0), size), 1.0)
        places.append(op.Unsqueeze(scaled, [5]))
    both: ir.Value = op.Concat(*places, axis=5)
    return both
