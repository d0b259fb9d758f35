"""Split, Slice and TopK: their numbers were attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.axes import from_the_front
from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("Split", before=18)
def parts_of_equal_size(op: Writer, node: ir.Node) -> Any:
    """`num_outputs` as sizes, of which the last may be smaller."""
    count = op.attribute(node, "num_outputs")
    if count is None:
        return op.same(node)
    value, axis = node.inputs[0], op.attribute(node, "axis")
    axis = from_the_front(axis, op, value)
    size = value.shape[axis] if value is not None and value.shape is not None else None
    if isinstance(size, int):
        part = -(-size // count)
        sizes: Any = np.array([part] * (count - 1) + [size - part * (count - 1)], dtype=np.int64)
    else:
        whole = op.Shape(value, start=axis, end=axis + 1)
        part = op.Div(op.Add(whole, [count - 1]), [count])
        sizes = op.Concat(*[part] * (count - 1), op.Sub(whole, op.Mul(part, [count - 1])), axis=0)
    return op.same(node, value, sizes, without=["num_outputs"])


@older("Split", before=13)
def sizes_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Known sizes as an attribute; others as a slice for each part."""
    value, sizes = node.inputs[0], node.inputs[1] if len(node.inputs) > 1 else None
    if sizes is None or op.known(sizes) is not None:
        return op.same(node, value, split=op.ints(node, 1, "sizes"))
    axis, start, parts = op.attribute(node, "axis"), op.constant(np.zeros(1, dtype=np.int64)), []
    for index in range(len(node.outputs)):
        end = op.Add(start, op.Slice(sizes, [index], [index + 1], [0]))
        parts.append(op.Slice(value, start, end, [axis]))
        start = end
    return parts


@older("Split", before=11)
def axis_from_the_front(op: Writer, node: ir.Node) -> Any:
    """A negative axis as the one that it is."""
    return op.same(node, axis=from_the_front(op.attribute(node, "axis"), op, node.inputs[0]))


@older("Slice", before=11)
def slice_from_the_front(op: Writer, node: ir.Node) -> Any:
    """Negative axes as those that they are."""
    axes = op.ints(node, 3, "axes")
    if not axes or all(axis >= 0 for axis in axes):
        return op.same(node)
    front = np.array([from_the_front(axis, op, node.inputs[0]) for axis in axes], dtype=np.int64)
    return op.same(node, *node.inputs[:3], front, *node.inputs[4:])


@older("Slice", before=10)
def bounds_as_attributes(op: Writer, node: ir.Node) -> Any:
    """Known bounds as attributes; with steps, or of one axis with computed bounds, no form."""
    steps = op.ints(node, 4, "steps")
    if steps is not None and any(step != 1 for step in steps):
        return _picked(op, node, steps)
    starts, ends, axes = (op.ints(node, i, what) for i, what in ((1, "starts"), (2, "ends"), (3, "axes")))
    return op.same(node, node.inputs[0], starts=starts, ends=ends, axes=axes)


def _picked(op: Writer, node: ir.Node, steps: list[int]) -> Any:
    """A slice with steps as the positions that it picks along axes of known size."""
    value = node.inputs[0]
    assert value is not None
    starts, ends, axes = (op.ints(node, i, what) for i, what in ((1, "starts"), (2, "ends"), (3, "axes")))
    made: Any = value
    for index, step in enumerate(steps):
        axis = axes[index] if axes is not None else index
        size = value.shape[axis] if value.shape is not None else None
        if not isinstance(size, int):
            raise NoForm("it has steps along an axis whose size is unknown")
        assert starts is not None
        assert ends is not None
        positions = np.arange(size)[slice(starts[index], ends[index], step)]
        made = op.Gather(made, positions.astype(np.int64), axis=axis)
    return made


@older("TopK", before=11)
def smallest_as_largest(op: Writer, node: ir.Node) -> Any:
    """The smallest as the largest of the negated; always sorted; a negative axis as the one that it is."""
    axis = from_the_front(op.attribute(node, "axis"), op, node.inputs[0])
    if op.attribute(node, "largest"):
        return op.same(node, axis=axis, without=["largest", "sorted"])
    values, indices = op.TopK(op.Neg(node.inputs[0]), node.inputs[1], axis=axis, _outputs=2)
    return op.Neg(values), indices


@older("TopK", before=10)
def count_as_attribute(op: Writer, node: ir.Node) -> Any:
    """A known number as an attribute."""
    (count,) = op.ints(node, 1, "number of values") or (None,)
    return op.same(node, node.inputs[0], k=count)
