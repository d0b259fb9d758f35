"""Smooth activation functions, elementwise."""

from __future__ import annotations

import math

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion, vjp


@vjp("Sigmoid")
def sigmoid(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·y·(1 - y)."""
    (y,) = node.outputs
    return op.Mul(ct, op.Mul(y, op.Sub(1.0, y)))


@vjp("Tanh")
def tanh(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(1 - y²)."""
    (y,) = node.outputs
    return op.Mul(ct, op.Sub(1.0, op.Mul(y, y)))


@vjp("Softplus")
def softplus(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·σ(x)."""
    return op.Mul(ct, op.Sigmoid(node.inputs[0]))


@vjp("Softsign")
def softsign(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/(1 + |x|)²."""
    denominator = op.Add(op.Abs(node.inputs[0]), 1.0)
    return op.Div(ct, op.Mul(denominator, denominator))


@vjp("Swish")
def swish(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·s·(1 + αx·(1 - s)), s = σ(αx)."""
    x, alpha = node.inputs[0], node.attribute("alpha")
    z = x if alpha == 1 else op.Mul(x, alpha)
    s = op.Sigmoid(z)
    return op.Mul(ct, op.Mul(s, op.Add(op.Mul(z, op.Sub(1.0, s)), 1.0)))


@expansion("SwiGLU")
def swiglu(op: Emitter, node: ForwardNode) -> ir.Value:
    """Y = a·σ(αa)·b. The standard's body holds a Swish, which not every runtime knows."""
    a, b = node.inputs
    return op.Mul(op.Mul(a, op.Sigmoid(op.Mul(a, node.attribute("alpha")))), b)


@vjp("Mish")
def mish(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(t + x·σ(x)·(1 - t²)), t = tanh(softplus(x))."""
    x = node.inputs[0]
    t = op.Tanh(op.Softplus(x))
    slope = op.Mul(op.Mul(x, op.Sigmoid(x)), op.Sub(1.0, op.Mul(t, t)))
    return op.Mul(ct, op.Add(t, slope))


@vjp("Gelu")
def gelu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(Φ + x·Φ'), Φ = (1 + erf(x/√2))/2, or (1 + tanh u)/2 with u = √(2/π)·(x + 0.044715x³)."""
    x = node.inputs[0]
    is_tanh = node.attribute("approximate") == "tanh"
    twice_phi, twice_rise = (_tanh_phi if is_tanh else _erf_phi)(op, x)
    return op.Mul(ct, op.Mul(op.Add(op.Add(twice_phi, twice_rise), 1.0), 0.5))


def _erf_phi(op: Emitter, x: ir.Value | None) -> tuple[ir.Value, ir.Value]:
    """2Φ - 1 and 2x·Φ', exactly."""
    z = op.Mul(x, math.sqrt(0.5))
    density = op.Mul(op.Exp(op.Neg(op.Mul(z, z))), 2 / math.sqrt(math.pi))
    return op.Erf(z), op.Mul(z, density)


def _tanh_phi(op: Emitter, x: ir.Value | None) -> tuple[ir.Value, ir.Value]:
    """2Φ - 1 and 2x·Φ', as tanh approximates them."""
    k = math.sqrt(2 / math.pi)
    square = op.Mul(x, x)
    t = op.Tanh(op.Mul(x, op.Add(op.Mul(square, 0.044715 * k), k)))
    rise = op.Mul(x, op.Add(op.Mul(square, 3 * 0.044715 * k), k))
    return t, op.Mul(rise, op.Sub(1.0, op.Mul(t, t)))
