"""Operators that put a border around a tensor or take it away."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.slicing import END, Ints, padded


@vjp("Pad")
def pad(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value | None, ...]:
    """x̅ = y̅ without the border; but in mode constant, plus each border element at the element that it repeats.

    The cotangent of `constant_value` is the sum of y̅ over the border. Negative pads take elements away before any is
    repeated; these get 0. Source: ONNX Pad; pads are an attribute before version 11, axes an input since 18.
    """
    axes, pads = node.ints_or_value("axes", 3), node.ints_or_value("pads", 1)
    if not isinstance(axes, ir.Value):
        axes = tuple(a + node.rank() if a < 0 else a for a in axes or range(node.rank()))
    assert pads is not None
    mode = node.attribute("mode")
    if isinstance(pads, tuple) and isinstance(axes, tuple) and (mode != "wrap" or None not in node.dims()):
        begins, ends = pads[: len(axes)], pads[len(axes) :]
        x_ct = _cropped(op, node, ct, mode, begins, ends, axes)
    elif mode == "constant":
        x_ct = op.Pad(ct, op.Neg(node.inputs[1]), None, axes if isinstance(axes, ir.Value) else list(axes))
    else:
        x_ct = _folded_at_run_time(op, node, ct, mode, pads, axes)
    fill = node.input(2)
    if fill is None or mode != "constant":
        return (x_ct,)
    border = op.Sub(op.ReduceSum(ct, keepdims=0), op.ReduceSum(x_ct, keepdims=0))
    return x_ct, None, op.Reshape(border, op.Shape(fill))


@vjp("CenterCropPad")
def center_crop_pad(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ cropped where x was padded and padded where it was cropped: the operator itself, to the sizes of x."""
    axes = node.attribute("axes")
    sizes = op.Shape(node.inputs[0])
    return op.CenterCropPad(ct, sizes if axes is None else op.Gather(sizes, list(axes)), axes=axes)


def _cropped(
    op: Emitter,
    node: ForwardNode,
    ct: ir.Value,
    mode: str,
    begins: tuple[int, ...],
    ends: tuple[int, ...],
    axes: tuple[int, ...],
) -> ir.Value:
    """The cotangent of the padded input, for pads that are known."""
    cut = [i for i in range(len(axes)) if begins[i] > 0 or ends[i] > 0]
    if mode == "constant" and cut:
        starts, stops = [max(begins[i], 0) for i in cut], [-ends[i] if ends[i] > 0 else END for i in cut]
        ct = op.Slice(ct, starts, stops, [axes[i] for i in cut])
    elif cut:
        for i in reversed(cut):
            size = node.dims()[axes[i]]
            kept = size + min(begins[i], 0) + min(ends[i], 0) if size is not None else None
            ct = _folded(op, ct, mode, max(begins[i], 0), max(ends[i], 0), axes[i], node.rank() - 1 - axes[i], kept)
    return padded(op, ct, [max(-b, 0) for b in begins], [max(-e, 0) for e in ends], axes)


def _folded(
    op: Emitter, ct: ir.Value, mode: str, begin: int, end: int, axis: int, behind: int, size: int | None
) -> ir.Value:
    """`ct` without its border along an axis with `behind` more behind it, each element of it added to what it repeats.

    Where the size of the axis is dynamic, a larger one stands in for it: but for wrap, the elements repeated are near
    one of its ends, and are counted from there.
    """
    size = 2 * (begin + end + 2) if size is None else size
    source = np.pad(np.arange(size), (begin, end), mode=mode)  # type: ignore[call-overload]
    border = np.concatenate([np.arange(begin), np.arange(-end, 0)])
    target = source[border]
    target = np.where(target >= size / 2, target - size, target)
    body = op.Slice(ct, [begin], [-end or END], [axis])
    strips = op.Gather(ct, border, axis=axis)
    indices = op.Expand(target.reshape([-1] + [1] * behind), op.Shape(strips))
    return op.ScatterElements(body, indices, strips, axis=axis, reduction="add")


def _folded_at_run_time(op: Emitter, node: ForwardNode, ct: ir.Value, mode: str, pads: Ints, axes: Ints) -> ir.Value:
    """`ct` with each element along each axis added to the one that it repeats."""
    shape, rank = op.Shape(node.inputs[0]), node.rank()
    before, behind = op.Split(list(pads) if isinstance(pads, tuple) else pads, num_outputs=2, _outputs=2)
    if isinstance(axes, ir.Value):  # then every axis has pads, the others none
        none = np.zeros(rank, dtype=np.int64)
        before, behind = (op.ScatterElements(none, axes, half) for half in (before, behind))
        axes = tuple(range(rank))
    for i, axis in enumerate(axes):
        begin, end, size = op.Gather(before, i), op.Gather(behind, i), op.Gather(shape, axis)
        first = op.Max(op.Neg(begin), 0)  # of the elements left
        count = op.Sub(op.Sub(size, first), op.Max(op.Neg(end), 0))
        place = op.Range(op.Neg(op.Max(begin, 0)), op.Add(count, op.Max(end, 0)), 1)
        source = op.Add(_repeated(op, mode, place, count), first)
        indices = op.Expand(op.Reshape(source, [-1] + [1] * (rank - 1 - axis)), op.Shape(ct))
        parts = op.Slice(op.Shape(ct), [0], [axis]), op.Reshape(size, [1]), op.Slice(op.Shape(ct), [axis + 1], [END])
        zeros = op.Expand(np.zeros(()), op.Concat(*parts, axis=0))
        ct = op.ScatterElements(zeros, indices, ct, axis=axis, reduction="add")
    return ct


def _repeated(op: Emitter, mode: str, place: ir.Value, count: ir.Value) -> ir.Value:
    """Which of `count` elements stands at a place, which counts from the first of them."""
    if mode == "wrap":
        repeated: ir.Value = op.Mod(place, count)
        return repeated
    if mode == "reflect":
        period = op.Mul(op.Max(op.Sub(count, 1), 1), 2)
        place = op.Mod(place, period)
        place = op.Min(place, op.Sub(period, place))
    return op.Min(op.Max(place, 0), op.Sub(count, 1))
