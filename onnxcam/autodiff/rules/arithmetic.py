"""Sums, products, quotients, extrema and choices, elementwise with broadcasting."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value | None, ...]


@vjp("Add", broadcasts=True)
def add(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = y̅,  b̅ = y̅."""
    return ct, ct


@vjp("Sub", broadcasts=True)
def sub(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = y̅,  b̅ = -y̅."""
    return ct, op.Neg(ct)


@vjp("Mul", broadcasts=True)
def mul(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = y̅·b,  b̅ = y̅·a."""
    a, b = node.inputs
    return op.Mul(ct, b), op.Mul(ct, a)


@vjp("Div", broadcasts=True)
def div(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = y̅/b,  b̅ = -y̅·y/b. The truncating division of integers gets no cotangent: Cast passes none to them."""
    _, b = node.inputs
    (y,) = node.outputs
    over_b = op.Div(ct, b)
    return over_b, op.Neg(op.Mul(over_b, y))


@vjp("Mod", broadcasts=True)
def mod(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """a̅ = y̅,  b̅ = -y̅·n for y = a - n·b, whichever way n is rounded. At the jumps of n it is held constant."""
    a, b = node.inputs
    (y,) = node.outputs
    return ct, op.Mul(ct, op.Div(op.Sub(y, a), b))


@vjp("Neg")
def neg(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = -y̅."""
    return op.Neg(ct)


@vjp("Abs")
def absolute(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·sign(x), 0 at 0."""
    return op.Mul(ct, op.Sign(node.inputs[0]))


@vjp("Sum", broadcasts=True)
def variadic_sum(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ᵢ = y̅."""
    return (ct,) * len(node.inputs)


@vjp("Mean", broadcasts=True)
def variadic_mean(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ᵢ = y̅/n."""
    count = len(node.inputs)
    return (op.Div(ct, float(count)),) * count


@vjp("Max", "Min", broadcasts=True)
def extremum(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ᵢ = y̅·[xᵢ = y]/#{j: xⱼ = y}: inputs that tie share the cotangent evenly."""
    (y,) = node.outputs
    if len(node.inputs) == 1:
        return (ct,)
    attained = [op.Cast(op.Equal(x, y), to=op.dtype) for x in node.inputs]
    share = op.Div(ct, op.Sum(*attained))
    return tuple(op.Mul(share, one) for one in attained)


@vjp("Where", broadcasts=True)
def where(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ = y̅·[c],  z̅ = y̅·[not c] for y = c ? x : z. A product, since selecting by a mask is several times slower."""
    condition = node.inputs[0]
    chosen, other = (op.Cast(c, to=op.dtype) for c in (condition, op.Not(condition)))
    return None, op.Mul(ct, chosen), op.Mul(ct, other)
