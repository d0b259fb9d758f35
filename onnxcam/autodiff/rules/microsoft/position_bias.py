"""What is added to the scores of attention for the distance between two tokens."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import size_of, split_heads, up_to
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN

INT64 = ir.DataType.INT64


@expansion("GatedRelativePositionBias", domain=DOMAIN)
def gated_relative_position_bias(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = (u·(r·a - 1) + 2)·p, (u, r) = σ(Σ (q·W + b)), Σ over each half of the last axis."""
    query, query_bias, positions, weight, bias, a = (node.input(i) for i in range(6))
    if node.rank() != 3 or node.input(6) is not None:
        raise node.refusal("its tokens are packed")
    q = split_heads(op, op.Add(query, query_bias), node.attribute("num_heads"))
    halves = op.Split(op.Add(op.MatMul(q, weight), bias), axis=-1, num_outputs=2, _outputs=2)
    u, r = (op.Sigmoid(op.ReduceSum(half, [-1], keepdims=1)) for half in halves)
    return op.Mul(op.Add(op.Mul(u, op.Sub(op.Mul(r, a), 1.0)), 2.0), positions)


@expansion("RelativePositionBias", domain=DOMAIN)
def relative_position_bias(op: Emitter, node: ForwardNode) -> ir.Value:
    """y[0, n, i, j] = t[n, c(j - i)], c the class of a distance, t the table, which lies head by head."""
    table, length = node.inputs[:2]
    classes, heads = size_of(op, table, 0), size_of(op, table, 1)
    by_head = op.Reshape(table, op.Concat(heads, classes, axis=0))
    steps = up_to(op, op.Reshape(op.Cast(length, to=INT64), [1]))
    distance = op.Sub(op.Unsqueeze(steps, [0]), op.Unsqueeze(steps, [1]))
    return op.Unsqueeze(op.Gather(by_head, _class(op, node, distance, classes), axis=1), [0])


def _class(op: Emitter, node: ForwardNode, distance: ir.Value, classes: ir.Value) -> ir.Value:
    """The class of a distance: itself while it is short, then by its logarithm; a half of them for those ahead."""
    base = None
    if node.attribute("is_bidirectional", 0):
        classes = op.Div(classes, 2)
        base = op.Mul(op.Cast(op.Greater(distance, 0), to=INT64), classes)
    distance, exact = op.Abs(distance), op.Div(classes, 2)
    near, far = (op.Cast(v, to=op.dtype) for v in (exact, op.Max(distance, 1)))
    share = op.Div(op.Log(op.Div(far, near)), op.Log(op.Div(float(node.attribute("max_distance")), near)))
    reach = op.Cast(op.Mul(share, op.Cast(op.Sub(classes, exact), to=op.dtype)), to=INT64)
    found = op.Where(op.Less(distance, exact), distance, op.Min(op.Add(exact, reach), op.Sub(classes, 1)))
    return found if base is None else op.Add(found, base)
