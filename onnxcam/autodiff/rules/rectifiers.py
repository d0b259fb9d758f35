"""Piecewise activation functions, elementwise: rectifiers, their soft and leaky kin, clipping.

The pieces are told apart by y where its sign tells, since ONNX Runtime fuses such an activation with the convolution
before it as long as nobody asks for x. Masks are multiplied with: selecting by one is several times slower.
"""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value | None, ...]


@vjp("Relu")
def relu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·[y > 0], 0 at 0."""
    return _masked(op, ct, op.Greater(node.outputs[0], 0.0))


@vjp("ThresholdedRelu")
def thresholded_relu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·[x > α], 0 at α."""
    return _masked(op, ct, op.Greater(node.inputs[0], node.attribute("alpha")))


@vjp("Shrink")
def shrink(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·[|x| > λ], 0 at ±λ."""
    return _masked(op, ct, op.Greater(op.Abs(node.inputs[0]), node.attribute("lambd")))


@vjp("LeakyRelu")
def leaky_relu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(x > 0 ? 1 : α), α at 0."""
    alpha = node.attribute("alpha")
    signed = node.outputs[0] if alpha >= 0 else node.inputs[0]
    return op.Mul(ct, op.Where(op.Greater(signed, 0.0), 1.0, alpha))


@vjp("PRelu", broadcasts=True)
def prelu(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ = y̅·(x > 0 ? 1 : s),  s̅ = y̅·min(x, 0); s at x = 0."""
    x, slope = node.inputs
    factor = op.Where(op.Greater(x, 0.0), 1.0, slope)
    return op.Mul(ct, factor), op.Mul(ct, op.Min(x, 0.0))


@vjp("Elu")
def elu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(y > 0 ? 1 : y + α), α at 0."""
    return _exponential(op, node, ct, 1.0, node.attribute("alpha"))


@vjp("Selu")
def selu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(y > 0 ? γ : y + γα), γα at 0."""
    gamma = node.attribute("gamma")
    return _exponential(op, node, ct, gamma, gamma * node.attribute("alpha"))


@vjp("Celu")
def celu(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(min(y, 0)/α + 1)."""
    bend = op.Div(op.Min(node.outputs[0], 0.0), node.attribute("alpha"))
    return op.Mul(ct, op.Add(bend, 1.0))


@vjp("HardSigmoid")
def hard_sigmoid(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·α·[0 < y < 1], 0 at both bounds."""
    (y,) = node.outputs
    is_inside = op.And(op.Greater(y, 0.0), op.Less(y, 1.0))
    return op.Mul(ct, op.Where(is_inside, node.attribute("alpha"), 0.0))


@vjp("HardSwish")
def hard_swish(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·(h + x/6·[|x| < 3]), h = min(max(x/6 + 1/2, 0), 1): 0 at -3, 1 at 3."""
    x = node.inputs[0]
    sixth = op.Mul(x, 1 / 6)
    hard_sigmoid = op.Clip(op.Add(sixth, 0.5), 0.0, 1.0)
    return op.Mul(ct, op.Add(hard_sigmoid, _masked(op, sixth, op.Less(op.Abs(x), 3.0))))


@vjp("Clip")
def clip_to_attributes(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·[l ≤ x ≤ h], 1 at both bounds."""
    return _clip(op, ct, node.inputs[0], node.attribute("min"), node.attribute("max"))


@vjp("Clip", since=11, broadcasts=True)
def clip(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ = y̅·[l ≤ x ≤ h],  l̅ = Σ y̅·[x < l ≤ h],  h̅ = Σ y̅·[max(x, l) > h] for y = min(max(x, l), h); 1 at both bounds."""
    x, low, high = node.inputs[0], node.input(1), node.input(2)
    raised = lowered = None
    if low is not None:
        is_raised = op.Less(x, low)
        raised = _masked(op, ct, is_raised if high is None else op.And(is_raised, op.LessOrEqual(low, high)))
    if high is not None:
        lowered = _masked(op, ct, op.Greater(x if low is None else op.Max(x, low), high))
    return (_clip(op, ct, x, low, high), raised, lowered)[: len(node.inputs)]


@vjp("ImageScaler")
def image_scaler(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·scale. Experimental, without a schema since ONNX 1.5; ONNX Runtime still runs it."""
    return op.Mul(ct, node.attribute("scale", 1.0))


def _clip(
    op: Emitter,
    ct: ir.Value,
    x: ir.Value | None,
    low: ir.Value | float | None,
    high: ir.Value | float | None,
) -> ir.Value:
    if low is None and high is None:
        return ct
    return _masked(op, ct, op.Equal(x, op.Clip(x, low, high)))


def _exponential(op: Emitter, node: ForwardNode, ct: ir.Value, above: float, below: float) -> ir.Value:
    """y̅·(x > 0 ? `above` : y + `below`)."""
    (y,) = node.outputs
    if above < 0 or below < 0:  # y falls on one side of 0, so that its sign is not that of x
        return op.Mul(ct, op.Where(op.Greater(node.inputs[0], 0.0), above, op.Add(y, below)))
    offset = above if above == below else op.Where(op.Greater(y, 0.0), above, below)
    return op.Mul(ct, op.Add(op.Min(y, 0.0), offset))


def _masked(op: Emitter, value: ir.Value, mask: ir.Value) -> ir.Value:
    return op.Mul(value, op.Cast(mask, to=op.dtype))
