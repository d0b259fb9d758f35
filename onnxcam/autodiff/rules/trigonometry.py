"""Circular and hyperbolic functions and their inverses, elementwise."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp


@vjp("Sin")
def sin(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·cos x."""
    return op.Mul(ct, op.Cos(node.inputs[0]))


@vjp("Cos")
def cos(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = -y̅·sin x."""
    return op.Neg(op.Mul(ct, op.Sin(node.inputs[0])))


@vjp("Tan")
def tan(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(1 + y²)."""
    return op.Mul(ct, op.Add(_square(op, node.outputs[0]), 1.0))


@vjp("Asin")
def asin(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/√(1 - x²)."""
    return op.Div(ct, op.Sqrt(op.Sub(1.0, _square(op, node.inputs[0]))))


@vjp("Acos")
def acos(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = -y̅/√(1 - x²)."""
    return op.Neg(asin(op, node, ct))


@vjp("Atan")
def atan(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/(1 + x²)."""
    return op.Div(ct, op.Add(_square(op, node.inputs[0]), 1.0))


@vjp("Sinh")
def sinh(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·cosh x."""
    return op.Mul(ct, op.Cosh(node.inputs[0]))


@vjp("Cosh")
def cosh(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·sinh x."""
    return op.Mul(ct, op.Sinh(node.inputs[0]))


@vjp("Asinh")
def asinh(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/√(x² + 1)."""
    return op.Div(ct, op.Sqrt(op.Add(_square(op, node.inputs[0]), 1.0)))


@vjp("Acosh")
def acosh(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/√(x² - 1)."""
    return op.Div(ct, op.Sqrt(op.Sub(_square(op, node.inputs[0]), 1.0)))


@vjp("Atanh")
def atanh(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/(1 - x²)."""
    return op.Div(ct, op.Sub(1.0, _square(op, node.inputs[0])))


def _square(op: Emitter, value: ir.Value | None) -> Any:
    return op.Mul(value, value)
