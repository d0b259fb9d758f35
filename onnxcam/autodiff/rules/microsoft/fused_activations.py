"""Activation functions that ONNX Runtime fuses into the node before them, and its own activation operators."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion

DOMAIN = "com.microsoft"

STANDARD = frozenset(
    {"Elu", "HardSigmoid", "HardSwish", "LeakyRelu", "Relu", "Selu", "Sigmoid", "Softplus", "Softsign", "Tanh"}
    | {"ThresholdedRelu"}
)
# What the entries of a list of parameters are.
LISTED = {"Clip": ("min", "max"), "HardSigmoid": ("alpha", "beta"), "LeakyRelu": ("alpha",)}


def activated(op: Emitter, node: ForwardNode, z: ir.Value, parameters: Mapping[str, float]) -> ir.Value:
    """The node's first output: its `activation` of `z`, the attribute's name that of an operator."""
    name = str(node.attribute("activation", ""))
    try:
        match name:
            case "":
                return z
            case "Clip":
                return _clipped(op, node, z, parameters["min"], parameters["max"])
            case "ParametricSoftplus":
                return parametric_softplus(op, z, parameters["alpha"], parameters["beta"])
            case "ScaledTanh":
                return scaled_tanh(op, z, parameters["alpha"], parameters["beta"])
    except KeyError as missing:
        raise node.refusal(f"its activation '{name}' lacks the parameter {missing}") from None
    if name not in STANDARD:
        raise node.refusal(f"its activation '{name}' is unknown")
    return op.emit(name, [z], parameters)[0]


def listed_parameters(node: ForwardNode) -> dict[str, float]:
    """Those of `activation_params`, by name."""
    values: Sequence[float] = node.attribute("activation_params", ())
    return dict(zip(LISTED.get(str(node.attribute("activation")), ()), values, strict=False))


def named_parameters(node: ForwardNode) -> dict[str, float]:
    """Those of `activation_alpha`, `activation_beta` and `activation_gamma`, by the end of their names."""
    given = {name: node.attribute(f"activation_{name}") for name in ("alpha", "beta", "gamma")}
    return {name: value for name, value in given.items() if value is not None}


def scaled_tanh(op: Emitter, z: ir.Value | None, alpha: float, beta: float) -> ir.Value:
    """α·tanh(βz)."""
    return op.Mul(op.Tanh(op.Mul(z, beta)), alpha)


def parametric_softplus(op: Emitter, z: ir.Value | None, alpha: float, beta: float) -> ir.Value:
    """α·ln(1 + exp(βz))."""
    return op.Mul(op.Softplus(op.Mul(z, beta)), alpha)


def gelu_of(op: Emitter, x: ir.Value | None) -> ir.Value:
    """x·Φ(x), Φ(x) = (1 + erf(x/√2))/2."""
    return op.Mul(op.Mul(x, 0.5), op.Add(op.Erf(op.Mul(x, math.sqrt(0.5))), 1.0))


def fast_gelu_of(op: Emitter, x: ir.Value | None) -> ir.Value:
    """x·(1 + tanh u)/2, u = √(2/π)·(x + 0.044715x³)."""
    cubic = op.Add(op.Mul(op.Mul(x, x), 0.044715), 1.0)
    u = op.Mul(op.Mul(x, math.sqrt(2 / math.pi)), cubic)
    return op.Mul(op.Mul(x, 0.5), op.Add(op.Tanh(u), 1.0))


def swish_of(op: Emitter, x: ir.Value | None, alpha: float | ir.Value) -> ir.Value:
    """x·σ(αx)."""
    z = x if isinstance(alpha, float) and alpha == 1 else op.Mul(x, alpha)
    return op.Mul(x, op.Sigmoid(z))


@expansion("Gelu", domain=DOMAIN)
def gelu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x·Φ(x)."""
    return gelu_of(op, node.inputs[0])


@expansion("BiasGelu", domain=DOMAIN)
def bias_gelu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = Gelu(a + b)."""
    return gelu_of(op, op.Add(*node.inputs))


@expansion("FastGelu", domain=DOMAIN)
def fast_gelu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = Gelu(x + b), Φ as tanh approximates it."""
    x, bias = node.inputs[0], node.input(1)
    return fast_gelu_of(op, x if bias is None else op.Add(x, bias))


@expansion("QuickGelu", domain=DOMAIN)
def quick_gelu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x·σ(αx)."""
    return swish_of(op, node.inputs[0], node.attribute("alpha", 1.702))


@expansion("ScaledSiLU", domain=DOMAIN)
def scaled_silu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = z·σ(z), z = scale·x."""
    scale = node.input(1)
    return swish_of(op, op.Mul(node.inputs[0], node.attribute("alpha", 1.0) if scale is None else scale), 1.0)


@expansion("BiasSplitGelu", domain=DOMAIN)
def bias_split_gelu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = l·Gelu(r), (l, r) the halves of x + b."""
    left, right = op.Split(op.Add(*node.inputs), axis=-1, num_outputs=2, _outputs=2)
    return op.Mul(left, gelu_of(op, right))


@expansion("SwiGLU", domain=DOMAIN)
def swiglu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = g·σ(αg)·(l + β), g and l clipped to the limit from above, l from below too."""
    gate, up = node.inputs[0], node.input(1)
    if up is None:
        gate, up = op.Split(gate, axis=-1, num_outputs=2, _outputs=2)
    return swiglu_of(op, node, gate, up)


def swiglu_of(op: Emitter, node: ForwardNode, gate: ir.Value | None, up: ir.Value) -> ir.Value:
    """SwiGLU of two halves, by the node's attributes."""
    limit, beta = node.attribute("limit", 0.0), node.attribute("activation_beta", 0.0)
    if limit > 0:
        gate, up = op.Clip(gate, None, limit), op.Clip(up, -limit, limit)
    return op.Mul(swish_of(op, gate, node.attribute("activation_alpha", 1.0)), op.Add(up, beta) if beta else up)


def _clipped(op: Emitter, node: ForwardNode, z: ir.Value, low: float, high: float) -> ir.Value:
    """min(max(z, l), h), 0 at both bounds; told apart by the output, so that z need not be computed again."""
    (y,) = node.outputs
    if not op.is_forward(y):
        return op.Clip(z, low, high)
    is_inside = op.And(op.Greater(y, low), op.Less(y, high))
    return op.Where(is_inside, z, y)
