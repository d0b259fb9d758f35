"""Where and OneHot."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.axes import from_the_front
from onnxcam.exporting.opsets.older_forms.comparisons import FLOATS
from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("Where", before=9)
def where_by_powers(op: Writer, node: ir.Node) -> Any:
    """The one times a mask plus the other times its opposite.

    Of floats, each is raised to the power of its mask before: anything to the power of 0 is 1, so that an infinity or
    what is no number in the branch that is not taken counts for nothing.
    """
    condition, a, b = node.inputs
    return chosen(op, condition, a, b)


@older("OneHot", before=11)
def one_hot_from_the_front(op: Writer, node: ir.Node) -> Any:
    """A negative index counts from the end, the axis from the front."""
    indices, depth, values = node.inputs
    assert indices is not None
    axis = op.attribute(node, "axis")
    if axis < 0:
        axis += op.rank(indices) + 1
    if not is_never_negative(op, indices):
        indices = op.Cast(indices, to=ir.DataType.INT64)
        size = op.Cast(depth, to=ir.DataType.INT64)
        indices = op.Where(op.Less(indices, np.zeros(1, dtype=np.int64)), op.Add(indices, size), indices)
    return op.same(node, indices, depth, values, axis=axis)


@older("OneHot", before=9)
def one_hot_by_comparing(op: Writer, node: ir.Node) -> Any:
    """Whether an index is that of a place; then one value or the other."""
    indices, _, values = node.inputs
    (depth,) = op.ints(node, 1, "depth") or (0,)
    axis, rank = from_the_front(op.attribute(node, "axis"), op, node.outputs[0]), op.rank(indices) + 1
    places = np.arange(depth, dtype=np.int64).reshape([depth if i == axis else 1 for i in range(rank)])
    is_here = op.Equal(op.Unsqueeze(op.Cast(indices, to=ir.DataType.INT64), axes=[axis]), places)
    known = op.known(values)
    if known is not None and known.tolist() == [0, 1]:
        return op.Cast(is_here, to=op.dtype(values))
    off, on = (op.Slice(values, axes=[0], starts=[i], ends=[i + 1]) for i in (0, 1))
    return chosen(op, is_here, on, off)


def chosen(op: Writer, condition: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`, without Where."""
    dtype = op.dtype(a)
    if dtype == ir.DataType.BOOL:
        raise NoForm("it chooses truth values")
    taken, left = op.Cast(condition, to=dtype), op.Cast(op.Not(condition), to=dtype)
    if dtype in FLOATS:
        a, b = op.Pow(a, taken), op.Pow(b, left)
    return op.Add(op.Mul(a, taken), op.Mul(b, left))


def is_never_negative(op: Writer, value: ir.Value | None) -> bool:
    """Whether integers are plainly none below zero: known, or the indices that another operator found."""
    known = op.known(value)
    if known is not None:
        return bool((known >= 0).all())
    node = value.producer() if value is not None else None
    if node is None:
        return False
    if node.op_type in {"Cast", "Gather", "Identity", "Reshape", "Slice", "Squeeze", "Unsqueeze", "Transpose"}:
        return is_never_negative(op, node.inputs[0])
    if node.op_type in {"Expand", "Flatten", "Tile"}:
        return is_never_negative(op, node.inputs[0])
    return node.op_type in {"ArgMax", "ArgMin", "NonZero", "Shape", "Size"} or (
        node.op_type in {"MaxPool", "TopK"} and value is node.outputs[1]
    )
