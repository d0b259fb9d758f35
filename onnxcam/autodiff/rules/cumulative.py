"""Running sums and products."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp


@vjp("CumSum")
def cum_sum(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ summed up from the other end."""
    return _summed(op, node, ct, is_back=True)


@vjp("CumProd")
def cum_prod(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ᵢ = Σⱼ y̅ⱼ·yⱼ/xᵢ over the products j that hold xᵢ; where xᵢ = 0, y̅ⱼ times the product of the others.

    The others' product is taken as sign·exp(Σ log|x|), since the gradient's opset has no CumProd.
    """
    x, (y,) = node.inputs[0], node.outputs
    is_zero = op.Equal(x, 0.0)
    filled = op.Where(is_zero, 1.0, x)
    zeros = _summed(op, node, op.CastLike(is_zero, ct))
    negatives = _summed(op, node, op.CastLike(op.Less(x, 0.0), ct))
    sign = op.Sub(1.0, op.Mul(op.Mod(negatives, 2.0, fmod=1), 2.0))
    others = op.Mul(sign, op.Exp(_summed(op, node, op.Log(op.Abs(filled)))))
    at_zeros = _summed(op, node, op.Where(op.Equal(zeros, 1.0), op.Mul(ct, others), 0.0), is_back=True)
    return op.Where(is_zero, at_zeros, op.Div(_summed(op, node, op.Mul(ct, y), is_back=True), filled))


def _summed(op: Emitter, node: ForwardNode, value: ir.Value, *, is_back: bool = False) -> ir.Value:
    """The running sum in the node's manner, or its transpose, the same from the other end."""
    reverse = bool(node.attribute("reverse")) != is_back
    return op.CumSum(value, node.inputs[1], exclusive=node.attribute("exclusive"), reverse=int(reverse))
