"""Gather: indices that count from the end."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.axes import from_the_front
from onnxcam.exporting.opsets.older_forms.selection import is_never_negative
from onnxcam.exporting.opsets.register import older
from onnxcam.exporting.opsets.writer import Writer


@older("Gather", before=11)
def gather_from_the_front(op: Writer, node: ir.Node) -> Any:
    """Negative indices and axes as those that they are."""
    value, indices = node.inputs
    axis = from_the_front(op.attribute(node, "axis"), op, value)
    return op.same(node, value, front_indices(op, value, indices, axis), axis=axis)


def front_indices(op: Writer, value: ir.Value | None, indices: ir.Value | None, axis: int) -> Any:
    """Indices along an axis of a value, counted from the front."""
    if is_never_negative(op, indices):
        return indices
    size = value.shape[axis] if value is not None and value.shape is not None else None
    known = op.known(indices)
    if isinstance(size, int) and known is not None:
        return np.where(known < 0, known + size, known)
    whole = op.Slice(op.Shape(value), [axis], [axis + 1], [0])
    indices = op.Cast(indices, to=ir.DataType.INT64)
    return op.Add(indices, op.Mul(whole, op.Cast(op.Less(indices, op.number(0, indices)), to=ir.DataType.INT64)))
