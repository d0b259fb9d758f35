"""Softmax and its like: they flattened to two axes."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.exporting.opsets.register import older
from onnxcam.exporting.opsets.writer import Writer


@older("Softmax", "LogSoftmax", "Hardmax", before=13)
def along_one_axis(op: Writer, node: ir.Node) -> Any:
    """Along the last axis both are the same; another is moved there and back."""
    value, axis = node.inputs[0], op.attribute(node, "axis")
    rank = op.rank(value)
    axis %= rank
    if axis == rank - 1:
        return op.same(node, axis=axis)
    order = [*(i for i in range(rank) if i != axis), axis]
    made = op.same(node, op.Transpose(value, perm=order), axis=rank - 1)
    return op.Transpose(made, perm=[order.index(i) for i in range(rank)])
