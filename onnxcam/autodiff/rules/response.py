"""Normalization by a norm: of neighbouring channels, or along an axis."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp


@vjp("LRN")
def local_response(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = u - 2αβ·x·Wᵀ(u·x/d),  u = y̅·d^-β,  d = bias + α·W(x²); W the mean over the window of channels."""
    x = node.inputs[0]
    alpha, beta, size = (node.attribute(name) for name in ("alpha", "beta", "size"))
    before, after = (size - 1) // 2, size // 2
    d = op.Add(op.Mul(_channel_mean(op, node, op.Mul(x, x), before, after), alpha), node.attribute("bias"))
    u = op.Mul(ct, op.Pow(d, -beta))
    spread = _channel_mean(op, node, op.Div(op.Mul(u, x), d), after, before)
    return op.Sub(u, op.Mul(op.Mul(x, spread), 2 * alpha * beta))


def _channel_mean(op: Emitter, node: ForwardNode, value: ir.Value, before: int, after: int) -> ir.Value:
    """The sum over channels c - before … c + after, divided by the window's size also at the border."""
    spatial = [0] * (node.rank() - 2)
    mean = op.AveragePool(
        op.Unsqueeze(value, [1]),
        kernel_shape=[before + 1 + after, *(1 for _ in spatial)],
        pads=[before, *spatial, after, *spatial],
        count_include_pad=1,
    )
    return op.Squeeze(mean, [1])


@vjp("LpNormalization")
def lp_normalization(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = (y̅ - g·Σ y̅·y)/‖x‖ₚ,  g = y for p = 2 and sign(x) for p = 1; 0 where the norm is 0."""
    x, (y,) = node.inputs[0], node.outputs
    axes = [node.axis()]
    is_euclidean = node.attribute("p") == 2
    norm = (op.ReduceL2 if is_euclidean else op.ReduceL1)(x, axes, keepdims=1)
    inverse = op.Where(op.Equal(norm, 0.0), 0.0, op.Reciprocal(norm))
    along = op.ReduceSum(op.Mul(ct, y), axes, keepdims=1)
    return op.Mul(op.Sub(ct, op.Mul(y if is_euclidean else op.Sign(x), along)), inverse)
