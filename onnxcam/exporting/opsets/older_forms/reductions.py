"""Reductions: their axes were attributes."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.exporting.opsets.register import older
from onnxcam.exporting.opsets.writer import Writer


@older("ReduceSum", before=13)
@older(
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
    *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare"),
    before=18,
)
def axes_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Known axes as an attribute; none at all mean every axis, or, where the node says so, no axis."""
    axes = op.ints(node, 1, "axes")
    if not axes and op.attribute(node, "noop_with_empty_axes"):
        if node.op_type in {"ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"}:
            return node.inputs[0]
        rank = op.rank(node.inputs[0])  # each element is reduced alone: along a new axis
        column = op.Unsqueeze(node.inputs[0], [rank]) if op.dialect >= 13 else op.Unsqueeze(node.inputs[0], axes=[rank])
        keepdims = {"keepdims": 0, "axes": [rank]}
        return op.same(node, column, without=["noop_with_empty_axes"], **keepdims)
    return op.same(node, node.inputs[0], without=["noop_with_empty_axes"], axes=axes or None)
