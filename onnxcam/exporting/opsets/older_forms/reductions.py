"""Reductions: their axes were attributes."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("ReduceSum", before=13)
@older(
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
    *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare"),
    before=18,
)
def axes_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Known axes as an attribute; none at all mean every axis, or, where the node says so, no axis."""
    if node.op_type == "ReduceSum" and len(node.inputs) > 1 and op.known(node.inputs[1]) is None:
        return _sum_of_some(op, node)
    axes = op.ints(node, 1, "axes")
    if not axes and op.attribute(node, "noop_with_empty_axes"):
        if node.op_type in {"ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum"}:
            return node.inputs[0]
        rank = op.rank(node.inputs[0])  # each element is reduced alone: along a new axis
        column = op.Unsqueeze(node.inputs[0], [rank]) if op.dialect >= 13 else op.Unsqueeze(node.inputs[0], axes=[rank])
        keepdims = {"keepdims": 0, "axes": [rank]}
        return op.same(node, column, without=["noop_with_empty_axes"], **keepdims)
    return op.same(node, node.inputs[0], without=["noop_with_empty_axes"], axes=axes or None)


def _sum_of_some(op: Writer, node: ir.Node) -> Any:
    """Over axes that only a run knows: along each axis in turn, where it is one of them."""
    value, axes = node.inputs[:2]
    if not op.attribute(node, "noop_with_empty_axes") or not op.attribute(node, "keepdims"):
        raise NoForm("its axes are computed")
    rank = op.rank(value)
    front = op.Where(op.Less(axes, op.number(0, axes)), op.Add(axes, [rank]), axes)
    for axis in range(rank):
        hits = op.Cast(op.Equal(front, [axis]), to=ir.DataType.INT64)
        is_summed = op.Cast(op.ReduceSum(hits, keepdims=0), to=ir.DataType.BOOL)
        value = op.If(
            is_summed,
            then_branch=op.branch("ReduceSum", value, axes=[axis], keepdims=1),
            else_branch=op.branch("Identity", value),
        )
    return value
