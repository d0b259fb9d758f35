"""Operators that read quantised values and quantise their result: the float operator between, elementwise and shaping.

The inputs are taken as the real numbers that they stand for; see `requantized` for what is clipped. A hat marks a
quantised value taken as a real number.
"""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, dequantized, requantized
from onnxcam.autodiff.registry import expansion


@expansion("QLinearAdd", domain=MICROSOFT)
def qlinear_add(op: Emitter, node: ForwardNode) -> ir.Value:
    """ĉ = (a + b)/s."""
    return requantized(op, node, op.Add(dequantized(op, node, 0), dequantized(op, node, 3)), 6)


@expansion("QLinearMul", domain=MICROSOFT)
def qlinear_mul(op: Emitter, node: ForwardNode) -> ir.Value:
    """ĉ = a·b/s."""
    return requantized(op, node, op.Mul(dequantized(op, node, 0), dequantized(op, node, 3)), 6)


@expansion("QLinearWhere", domain=MICROSOFT)
def qlinear_where(op: Emitter, node: ForwardNode) -> ir.Value:
    """ẑ = (c ? x : y)/s."""
    chosen = op.Where(node.inputs[0], dequantized(op, node, 1), dequantized(op, node, 4))
    return requantized(op, node, chosen, 7)


@expansion("QLinearConcat", domain=MICROSOFT)
def qlinear_concat(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = the inputs side by side, over s."""
    parts = [dequantized(op, node, i) for i in range(2, len(node.inputs), 3)]
    return requantized(op, node, op.Concat(*parts, axis=node.attribute("axis")), 0)


@expansion("QLinearLeakyRelu", domain=MICROSOFT)
def qlinear_leaky_relu(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (x < 0 ? αx : x)/s."""
    return requantized(op, node, op.LeakyRelu(dequantized(op, node, 0), alpha=node.attribute("alpha", 0.01)), 3)


@expansion("QLinearSigmoid", domain=MICROSOFT)
def qlinear_sigmoid(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = σ(x)/s."""
    return requantized(op, node, op.Sigmoid(dequantized(op, node, 0)), 3)


@expansion("QLinearSoftmax", domain=MICROSOFT)
def qlinear_softmax(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = softmax(x)/s; before opset 13 of Softmax, which the node names, over the axes from `axis` on."""
    x, axis = dequantized(op, node, 0), node.axis(default=-1)
    if node.attribute("opset") >= 13:
        return requantized(op, node, op.Softmax(x, axis=axis), 3)
    flat = op.Softmax(op.Flatten(x, axis=axis), axis=1)
    return requantized(op, node, op.Reshape(flat, op.Shape(node.inputs[0])), 3)
