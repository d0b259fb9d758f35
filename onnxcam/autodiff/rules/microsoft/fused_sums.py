"""Sums with what ONNX Runtime fuses into them: a gate, a softmax, dropout."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN


@expansion("BiasAdd", domain=DOMAIN)
def bias_add(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x + b + skip."""
    x, bias, skip = node.inputs
    return op.Add(op.Add(x, bias), skip)


@expansion("GatedAdd", domain=DOMAIN)
def gated_add(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x + u·g, or x + u·σ(g·w)."""
    x, update, gate = node.inputs[:3]
    weight = node.input(3)
    return op.Add(x, op.Mul(update, gate if weight is None else op.Sigmoid(op.MatMul(gate, weight))))


@expansion("BiasSoftmax", domain=DOMAIN)
def bias_softmax(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = softmax(x + b) over the axes from `axis` on, as one."""
    if node.attribute("is_inner_broadcast") and node.rank(0) != node.rank(1):
        raise node.refusal("its bias lacks the axes along which it is repeated")
    z = op.Add(*node.inputs)
    axis = node.axis(default=1)
    if axis == node.rank() - 1:
        return op.Softmax(z, axis=-1)
    shape = op.Shape(node.inputs[0])
    rows = op.Reshape(z, op.Concat(op.Slice(shape, [0], [axis]), [-1], axis=0))
    return op.Reshape(op.Softmax(rows, axis=-1), shape)


@expansion("BitmaskDropout", domain=DOMAIN)
def dropout(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x; training mode is refused."""
    _refuse_training(node, 2)
    return op.Identity(node.inputs[0])


@expansion("BiasDropout", "BitmaskBiasDropout", domain=DOMAIN)
def bias_dropout(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x + b + residual; training mode is refused."""
    _refuse_training(node, 4)
    total, residual = op.Add(*node.inputs[:2]), node.input(2)
    return total if residual is None else op.Add(total, residual)


def _refuse_training(node: ForwardNode, index: int) -> None:
    """Unless the input says, at all times, that this is no training."""
    flag = node.constant(index)
    if node.input(index) is not None and (flag is None or flag.any()):
        raise node.refusal("it may be in training mode")
