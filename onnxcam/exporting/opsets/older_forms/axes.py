"""Axes counted from the end: nobody promised to know them before opset 11."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.exporting.opsets.register import older
from onnxcam.exporting.opsets.writer import Writer


@older("ArgMax", "ArgMin", "Compress", "Concat", "Flatten", before=11)
def axis_from_the_front(op: Writer, node: ir.Node) -> Any:
    """A negative axis as the one that it is."""
    axis = op.attribute(node, "axis")
    return op.same(node, axis=from_the_front(axis, op, node.inputs[0]) if axis is not None else None)


@older("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", before=11)
@older("ReduceProd", "ReduceSum", "ReduceSumSquare", "Squeeze", before=11)
def axes_from_the_front(op: Writer, node: ir.Node) -> Any:
    """Negative axes as those that they are."""
    axes = op.attribute(node, "axes")
    return op.same(node, axes=[from_the_front(axis, op, node.inputs[0]) for axis in axes] if axes else None)


@older("Unsqueeze", before=11)
def new_axes_from_the_front(op: Writer, node: ir.Node) -> Any:
    """Negative axes as those of the output that they are."""
    axes = op.attribute(node, "axes")
    if all(axis >= 0 for axis in axes):
        return op.same(node)
    rank = op.rank(node.inputs[0]) + len(axes)
    return op.same(node, axes=sorted(axis % rank for axis in axes))


def from_the_front(axis: int, op: Writer, value: ir.Value | None) -> int:
    """An axis of a value, counted from the front; a rank is asked for only where it must be known."""
    return axis if axis >= 0 else axis + op.rank(value)
