"""Pools over sliding windows.

Source: ONNX Runtime's pools, which are PyTorch's at every opset: with `ceil_mode`, a window that starts beyond the
image and its leading padding is dropped, and what hangs over the trailing padding is counted in no average. (The
standard says so since opset 19.)
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.separable import contract
from onnxcam.autodiff.rules.windows import Windows, pads_of, spatial, windows_of

Factor = float | NDArray[np.float64]

FORM = ("auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides")


@vjp("MaxPool")
def max_pool(op: Emitter, node: ForwardNode, ct: ir.Value | None, _: ir.Value | None = None) -> ir.Value | None:
    """x̅ = Σ y̅ over the windows in which x is the maximum; the first of equal maxima takes all."""
    if ct is None:
        return None
    x = node.inputs[0]
    if len(node.outputs) == 2 and not node.attribute("storage_order"):
        indices = node.outputs[1]
    else:
        given = {name: node.attribute(name) for name in FORM if name in node.node.attributes}
        _, indices = op.MaxPool(x, **given, _outputs=2)
    shape = op.Shape(x)
    zeros = op.ConstantOfShape(op.ReduceProd(shape, keepdims=1), value=ir.tensor([0.0], dtype=op.dtype))
    x_bar = op.ScatterElements(zeros, op.Reshape(indices, [-1]), op.Reshape(ct, [-1]), axis=0, reduction="add")
    reshaped: ir.Value = op.Reshape(x_bar, shape)
    return reshaped


@vjp("AveragePool", since=7)
def average_pool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Σ y̅/n over the windows that read x, n the number of elements that a window averages."""
    windows = windows_of(node)
    counts = _counts(node, windows)
    if counts is not None:
        return _spread(op, node, windows, ct, 1 / counts)
    return _spread(op, node, windows, _divided_at_run_time(op, node, windows, ct), 1.0)


@vjp("LpPool", since=2)
def lp_pool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = sign(x)·|x|ᵖ⁻¹·Σ y̅·y¹⁻ᵖ over the windows that read x, 0 where y = 0; sign(0) = 0."""
    x, y = node.inputs[0], node.outputs[0]
    windows, p = windows_of(node), int(node.attribute("p"))
    if p == 1:
        return op.Mul(_spread(op, node, windows, ct, 1.0), op.Sign(x))
    over_y = op.Where(op.Equal(y, 0.0), 0.0, op.Div(ct, y if p == 2 else op.Pow(y, float(p - 1))))
    power = x if p == 2 else op.Mul(op.Sign(x), op.Pow(op.Abs(x), float(p - 1)))
    return op.Mul(_spread(op, node, windows, over_y, 1.0), power)


def _spread(op: Emitter, node: ForwardNode, windows: Windows, ct: ir.Value, factor: Factor) -> ir.Value:
    """Σ factor·ct over the windows that read each element of the input."""
    assert windows.kernel is not None
    is_bare = windows.pads is not None and not any(map(any, windows.pads)) and set(windows.dilations) <= {1}
    if is_bare and windows.strides == windows.kernel:
        return _tiled(op, node, windows, _times(op, ct, factor))
    if windows.is_dense and windows.pads is not None and set(windows.dilations) <= {1} and _is_narrow(windows):
        size = math.prod(windows.kernel)  # stride 1: the transpose is a pool too
        pads = [k - 1 - p for side in windows.pads for k, p in zip(windows.kernel, side, strict=True)]
        scaled = _times(op, ct, factor * size)
        x_bar: ir.Value = op.AveragePool(scaled, kernel_shape=windows.kernel, pads=pads, count_include_pad=1)
        return x_bar
    x = node.inputs[0]
    assert x is not None
    matrices = {axis + 2: _membership(op, node, windows, axis, ct) for axis in range(len(windows.kernel))}
    return contract(op, _times(op, ct, factor), matrices, node.rank(), x)


def _tiled(op: Emitter, node: ForwardNode, windows: Windows, ct: ir.Value) -> ir.Value:
    """`ct` repeated over windows that lie side by side, cut or padded with zeros to the input's size."""
    assert windows.kernel is not None
    scales = np.array((1, 1, *windows.kernel), dtype=np.float32)
    given = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    tiles: ir.Value = op.Resize(ct, None, op.Constant(value_floats=scales.tolist()), **given)
    sizes, axes = spatial(op, node, 0), list(range(2, node.rank()))
    if isinstance(sizes, list):
        if node.attribute("ceil_mode"):
            hangs = any(n % k for n, k in zip(sizes, windows.kernel, strict=True))
            return op.Slice(tiles, [0] * len(axes), sizes, axes) if hangs else tiles
        unread = [n % k for n, k in zip(sizes, windows.kernel, strict=True)]
        return op.Pad(tiles, [0] * (len(axes) + 4) + unread) if any(unread) else tiles
    if node.attribute("ceil_mode"):
        return op.Slice(tiles, [0] * len(axes), sizes, axes)
    return op.Pad(tiles, op.Concat([0] * (len(axes) + 4), op.Mod(sizes, list(windows.kernel)), axis=0))


def _membership(op: Emitter, node: ForwardNode, windows: Windows, axis: int, ct: ir.Value) -> Any:
    """The matrix (in, out) of one axis: 1 where window `out` reads element `in`."""
    assert windows.kernel is not None
    kernel, dilation, size = windows.kernel[axis], windows.dilations[axis], node.dims()[axis + 2]
    if size is not None and windows.pads is not None:
        gap = np.arange(size)[:, None] - _static_starts(windows, axis, size, node.attribute("ceil_mode"))
        return np.where((gap >= 0) & (gap < kernel * dilation) & (gap % dilation == 0), 1.0, 0.0)
    offset = op.Sub(_range(op, node.inputs[0], axis, column=True), _starts(op, node, windows, axis, ct))
    is_read = op.And(op.GreaterOrEqual(offset, 0), op.Less(offset, kernel * dilation))
    if dilation > 1:
        is_read = op.And(is_read, op.Equal(op.Mod(offset, dilation), 0))
    return op.CastLike(is_read, ct)


def _starts(op: Emitter, node: ForwardNode, windows: Windows, axis: int, ct: ir.Value) -> ir.Value:
    """Where the windows of one axis begin, (out,), negative within the leading padding."""
    before = pads_of(op, node, windows)[0]
    before = before[axis] if isinstance(before, list) else op.Gather(before, axis, axis=0)
    starts: ir.Value = op.Sub(op.Mul(_range(op, ct, axis), windows.strides[axis]), before)
    return starts


def _range(op: Emitter, value: ir.Value | None, axis: int, *, column: bool = False) -> ir.Value:
    """0, 1, … below the size of a spatial axis."""
    count: ir.Value = op.Range(0, op.Gather(op.Shape(value), axis + 2, axis=0), 1)
    return op.Unsqueeze(count, [1]) if column else count


def _divided_at_run_time(op: Emitter, node: ForwardNode, windows: Windows, ct: ir.Value) -> ir.Value:
    """`ct` over the number of elements that each window averages, for sizes that only the run knows."""
    assert windows.kernel is not None
    rank = len(windows.kernel)
    for axis in range(rank):
        steps = np.arange(windows.kernel[axis]) * windows.dilations[axis]
        positions = op.Add(op.Unsqueeze(_starts(op, node, windows, axis, ct), [1]), steps)
        size = op.Gather(op.Shape(node.inputs[0]), axis + 2, axis=0)
        if node.attribute("count_include_pad"):
            after = pads_of(op, node, windows)[1]
            after = after[axis] if isinstance(after, list) else op.Gather(after, axis, axis=0)
            is_counted = op.Less(positions, op.Add(size, after))
        else:
            is_counted = op.And(op.GreaterOrEqual(positions, 0), op.Less(positions, size))
        count = op.ReduceSum(op.CastLike(is_counted, ct), [1], keepdims=0)
        ct = op.Div(ct, op.Unsqueeze(count, list(range(1, rank - axis))) if axis < rank - 1 else count)
    return ct


def _counts(node: ForwardNode, windows: Windows) -> Factor | None:
    """How many elements each window averages: a number, an array (*out), or None when only the run knows."""
    assert windows.kernel is not None
    has_pads = windows.pads is None or any(map(any, windows.pads))
    if not node.attribute("ceil_mode") and (node.attribute("count_include_pad") or not has_pads):
        return float(math.prod(windows.kernel))
    if windows.pads is None or windows.extent is None or None in node.dims()[2:]:
        return None
    counts = [_axis_counts(node, windows, axis) for axis in range(len(windows.kernel))]
    return functools.reduce(np.multiply.outer, counts)


def _axis_counts(node: ForwardNode, windows: Windows, axis: int) -> NDArray[np.float64]:
    assert windows.kernel is not None
    assert windows.pads is not None
    size = int(node.dims()[axis + 2] or 0)
    starts = _static_starts(windows, axis, size, node.attribute("ceil_mode"))
    positions = starts[:, None] + np.arange(windows.kernel[axis]) * windows.dilations[axis]
    if node.attribute("count_include_pad"):
        return np.asarray(np.sum(positions < size + windows.pads[1][axis], axis=1), dtype=np.float64)
    return np.asarray(np.sum((positions >= 0) & (positions < size), axis=1), dtype=np.float64)


def _static_starts(windows: Windows, axis: int, size: int, is_ceil: int | None) -> NDArray[np.int64]:
    """Where the windows of one axis begin; none begins beyond the image."""
    assert windows.pads is not None
    assert windows.extent is not None
    (before, after), stride = (side[axis] for side in windows.pads), windows.strides[axis]
    room = size + before + after - windows.extent[axis]
    starts = np.arange(0, room + (stride if is_ceil else 1), stride, dtype=np.int64) - before
    return starts[starts < size]


def _is_narrow(windows: Windows) -> bool:
    assert windows.kernel is not None
    return all(p < k for side in windows.pads or () for p, k in zip(side, windows.kernel, strict=True))


def _times(op: Emitter, ct: ir.Value, factor: Any) -> ir.Value:
    return ct if np.all(factor == 1) else op.Mul(ct, factor)
