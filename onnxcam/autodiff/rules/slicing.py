"""Operators that cut tensors and put them together: Concat, Split, Slice, and the triangles of a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.cotangents import zeros_like
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

END = int(np.iinfo(np.int64).max)
"""As the end of a slice: the end of the axis, whatever its size."""

WHOLE = int(np.iinfo(np.int32).max)
"""No axis is longer, so from 0 to here is all of it."""

Ints = tuple[int, ...] | ir.Value


@vjp("Concat")
def concat(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value | None, ...]:
    """x̅ᵢ = the part of y̅ that is xᵢ."""
    axis = node.axis()
    sizes = [_size(x, axis) for x in node.inputs]
    if len(sizes) == 1:
        return (ct,)
    if sizes.count(None) > 1:
        run_time = op.Concat(*(op.Slice(op.Shape(x), [axis], [axis + 1]) for x in node.inputs), axis=0)
        return tuple(op.Split(ct, run_time, axis=axis, _outputs=len(sizes)))
    wanted = [node.is_wanted(i) for i in range(len(sizes))]
    if None not in sizes and all(wanted):
        return tuple(op.Split(ct, sizes, axis=axis, _outputs=len(sizes)))
    spans = [_span(sizes, i) for i in range(len(sizes))]
    parts = zip(spans, wanted, strict=True)
    return tuple(op.Slice(ct, [start], [end], [axis]) if is_wanted else None for (start, end), is_wanted in parts)


def _span(sizes: Sequence[int | None], index: int) -> tuple[int, int]:
    """Start and end of a part in the whole, counted from the back behind the one part of dynamic size."""
    before, after = sizes[:index], sizes[index + 1 :]
    start = -sum(d or 0 for d in sizes[index:]) if None in before else sum(d or 0 for d in before)
    from_back = -sum(d or 0 for d in after) or END
    size = sizes[index]
    return start, from_back if None in before or size is None else start + size


@vjp("Split")
def split(op: Emitter, node: ForwardNode, *cts: ir.Value | None) -> ir.Value:
    """x̅ = the y̅ᵢ side by side, 0 where a part is not used."""
    axis = node.axis()
    given = [(i, ct) for i, ct in enumerate(cts) if ct is not None]
    sizes = [_size(y, axis) for y in node.outputs]
    if len(given) == 1 and None not in sizes:
        ((i, ct),) = given
        return padded(op, ct, [sum(d or 0 for d in sizes[:i])], [sum(d or 0 for d in sizes[i + 1 :])], [axis])
    parts = [zeros_like(op, y) if ct is None else ct for ct, y in zip(cts, node.outputs, strict=True)]
    return op.Concat(*parts, axis=axis) if len(parts) > 1 else parts[0]


@vjp("Slice")
def slice_(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ where it was cut out, 0 elsewhere.

    Attributes before version 10, inputs since, where a step may be given.
    """
    starts, ends, steps = node.ints_or_value("starts", 1), node.ints_or_value("ends", 2), node.ints_or_value("steps", 4)
    axes = node.ints_or_value("axes", 3)
    assert starts is not None
    assert ends is not None
    if axes is None:
        count = len(starts) if isinstance(starts, tuple) else node.dims(starts)[0]
        axes = tuple(range(count)) if count is not None else op.Range(0, op.Size(starts), 1)
    elif isinstance(axes, tuple):
        axes = tuple(a + node.rank() if a < 0 else a for a in axes)
    return unsliced(op, node, ct, starts, ends, axes, steps)


@vjp("Trilu")
def trilu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = the same triangle of y̅."""
    return op.Trilu(ct, node.input(1), upper=node.attribute("upper"))


def unsliced(
    op: Emitter, node: ForwardNode, ct: ir.Value, starts: Ints, ends: Ints, axes: Ints, steps: Ints | None = None
) -> ir.Value:
    """The cotangent of the node's first input, of which a slice with cotangent `ct` was taken.

    Whatever is known without a run becomes constant pads, or, with a step, a constant map from each position of the
    axis to its position in the slice.
    """
    steps = (1,) * (len(axes) if isinstance(axes, tuple) else 1) if steps is None else steps
    if isinstance(axes, tuple) and isinstance(starts, tuple) and isinstance(ends, tuple) and isinstance(steps, tuple):
        cuts = [c for c in zip(axes, starts, ends, steps, strict=True) if c[1] or c[2] < WHOLE or c[3] != 1]
        sizes = [d for d in (node.dims()[axis] for axis, *_ in cuts) if d is not None]
        if len(sizes) == len(cuts):
            taken = [positions(size, *cut) for size, (_, *cut) in zip(sizes, cuts, strict=True)]
            return placed(op, ct, taken, [axis for axis, *_ in cuts], sizes)
        axes, starts, ends, steps = zip(*cuts, strict=True)
    if isinstance(steps, tuple) and set(steps) == {1}:
        return _unsliced_at_run_time(op, node, ct, starts, axes)
    return _mapped_at_run_time(op, node, ct, starts, ends, axes, steps)


def positions(size: int, start: int, end: int, step: int = 1) -> NDArray[np.int64]:
    """The positions that a slice takes from an axis; a start before the axis is its first element for every step."""
    start, end = (v + size if v < 0 else v for v in (start, end))
    low, high = (0, size) if step > 0 else (-1, size - 1)
    return np.arange(np.clip(start, 0, high), np.clip(end, low, high), step)


def placed(
    op: Emitter, ct: ir.Value, taken: Sequence[NDArray[np.int64]], axes: Sequence[int], sizes: Sequence[int]
) -> ir.Value:
    """`ct`, whose positions along `axes` were those `taken` (each once) from axes of `sizes`, among zeros."""
    before, after = [0] * len(axes), [0] * len(axes)
    for i, (axis, at, size) in enumerate(zip(axes, taken, sizes, strict=True)):
        if np.all(np.diff(at) == 1):
            before[i] = int(at[0]) if len(at) else 0
            after[i] = size - before[i] - len(at)
            continue
        back = np.full(size, len(at))
        back[at] = np.arange(len(at))
        source = padded(op, ct, [0], [1], [axis]) if len(at) < size else ct
        ct = op.Gather(source, back, axis=axis)
    return padded(op, ct, before, after, axes)


def padded(op: Emitter, value: ir.Value, before: Sequence[int], after: Sequence[int], axes: Sequence[int]) -> ir.Value:
    """`value` between zeros; nothing is emitted where there are none."""
    wanted = [i for i in range(len(axes)) if before[i] or after[i]]
    if not wanted:
        return value
    pads = [before[i] for i in wanted] + [after[i] for i in wanted]
    return op.Pad(value, pads, None, [axes[i] for i in wanted])


def _unsliced_at_run_time(op: Emitter, node: ForwardNode, ct: ir.Value, starts: Ints, axes: Ints) -> ir.Value:
    """Step 1 everywhere: `ct` padded, by what is left of each axis."""
    axes = _emitted(op, axes)
    dims = op.Gather(op.Shape(node.inputs[0]), axes)
    if isinstance(starts, tuple) and min(starts, default=0) >= 0:
        before = op.Min(list(starts), dims)
    else:
        starts = _emitted(op, starts)
        before = op.Min(op.Max(op.Where(op.Less(starts, 0), op.Add(starts, dims), starts), 0), dims)
    after = op.Sub(op.Sub(dims, before), op.Gather(op.Shape(ct), axes))
    return op.Pad(ct, op.Concat(before, after, axis=0), None, axes)


def _mapped_at_run_time(
    op: Emitter, node: ForwardNode, ct: ir.Value, starts: Ints, ends: Ints, axes: Ints, steps: Ints
) -> ir.Value:
    """Any steps: each axis is gathered from `ct` with a zero behind it, by a map that the slice of 0, 1, … gives."""
    if isinstance(axes, ir.Value):  # then every axis is sliced, the others whole
        rank = node.rank()
        whole = {0: starts, END: ends, 1: steps}
        starts, ends, steps = (op.ScatterElements(np.full(rank, v), axes, _emitted(op, at)) for v, at in whole.items())
        axes = tuple(range(rank))
    for i, axis in enumerate(axes):
        size = op.Gather(op.Shape(node.inputs[0]), [axis])
        every = op.Range(0, op.Squeeze(size), 1)
        start, end, step = (op.Slice(_emitted(op, v), [i], [i + 1]) for v in (starts, ends, steps))
        taken = op.Slice(every, start, end, [0], step)
        count = op.Size(taken)
        back = op.ScatterElements(op.Expand(count, size), taken, op.Range(0, count, 1), axis=0)
        ct = op.Gather(padded(op, ct, [0], [1], [axis]), back, axis=axis)
    return ct


def _size(value: ir.Value | None, axis: int) -> int | None:
    """The size of an axis, None when it is dynamic or the rank unknown."""
    size = value.shape[axis] if value is not None and value.shape is not None else None
    return size if isinstance(size, int) else None


def _emitted(op: Emitter, ints: Ints) -> ir.Value:
    """Constant integers or an integer input of the node, int64, in the gradient graph."""
    if isinstance(ints, tuple):
        return op.Constant(value_ints=list(ints))
    return ints if ints.dtype == ir.DataType.INT64 else op.Cast(ints, to=ir.DataType.INT64)
