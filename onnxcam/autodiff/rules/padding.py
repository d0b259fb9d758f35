"""Operators that put a border around a tensor or take it away."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.slicing import END, padded


@vjp("Pad")
def pad(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value | None, ...]:
    """x̅ = y̅ without the border; but in mode constant, plus each border element at the element that it repeats.

    The cotangent of `constant_value` is the sum of y̅ over the border. Negative pads take elements away before any is
    repeated; these get 0. Source: ONNX Pad; pads are an attribute before version 11, axes an input since 18.
    """
    axes, pads = node.ints_or_value("axes", 3), node.ints_or_value("pads", 1)
    if axes is None:
        axes = tuple(range(node.rank()))
    mode = node.attribute("mode")
    if isinstance(pads, tuple) and isinstance(axes, tuple):
        axes = tuple(a + node.rank() if a < 0 else a for a in axes)
        begins, ends = pads[: len(axes)], pads[len(axes) :]
        x_ct = _cropped(op, node, ct, mode, begins, ends, axes)
    elif mode == "constant":
        x_ct = op.Pad(ct, op.Neg(node.inputs[1]), None, axes if isinstance(axes, ir.Value) else list(axes))
    else:
        raise node.refusal(f"its 'pads' or 'axes' are computed at run time, and its mode is '{mode}'")
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

    Where the size of the axis is dynamic, a larger one stands in for it: the elements repeated are near one of its
    ends, and are counted from there.
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
