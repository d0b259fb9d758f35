"""Powers, exponentials and logarithms, elementwise."""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode, as_float
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value | None, ...]


@vjp("Pow", broadcasts=True)
def power(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ = y̅·e·x^(e-1), 0 where e = 0;  e̅ = y̅·y·ln x, 0 where x = 0 (NaN below, as the derivative)."""
    x, exponent = node.inputs
    if exponent is None or (exponent.dtype is not None and not exponent.dtype.is_floating_point()):
        return (_base(op, node, ct),)
    (y,) = node.outputs
    logarithm = op.Log(op.Add(x, op.Cast(op.Equal(x, 0.0), to=op.dtype)))
    return _base(op, node, ct), op.Mul(ct, op.Mul(y, logarithm))


def _base(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    x, exponent = node.inputs
    known = node.constant(1)
    if known is None:
        e = op.Cast(exponent, to=op.dtype)
        lowered = op.Sub(e, op.Cast(op.Not(op.Equal(e, 0.0)), to=op.dtype))
        return op.Mul(op.Mul(ct, e), op.Pow(x, lowered))
    constant = as_float(known)
    scaled = op.Mul(ct, constant)
    if np.all(constant == 2):
        return op.Mul(scaled, x)
    return op.Mul(scaled, op.Pow(x, constant - (constant != 0)))


@vjp("Sqrt")
def sqrt(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/(2y)."""
    return op.Div(op.Mul(ct, 0.5), node.outputs[0])


@vjp("Exp")
def exp(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·y."""
    return op.Mul(ct, node.outputs[0])


@vjp("Log")
def log(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/x."""
    return op.Div(ct, node.inputs[0])


@vjp("Reciprocal")
def reciprocal(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = -y̅·y²."""
    (y,) = node.outputs
    return op.Neg(op.Mul(ct, op.Mul(y, y)))


@vjp("Erf")
def erf(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·2/√π·exp(-x²)."""
    x = node.inputs[0]
    return op.Mul(ct, op.Mul(op.Exp(op.Neg(op.Mul(x, x))), 2 / math.sqrt(math.pi)))
