"""Normalization with what ONNX Runtime fuses into it: a residual and a bias before, an activation or a gate behind."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN, swish_of
from onnxcam.autodiff.rules.microsoft.fused_convolution import channels_first, channels_last

Values = tuple[ir.Value | None, ...]

EPSILON, SKIP_EPSILON = 1e-5, 1e-12
"""What is added to the variance where the attribute is left out."""


@expansion("SkipLayerNormalization", domain=DOMAIN)
def skip_layer_normalization(op: Emitter, node: ForwardNode) -> Values:
    """y = LayerNormalization(s)·γ + β, s = x + skip + b; then the mean, the inverse deviation and s."""
    x, skip, gamma, beta, bias = (node.input(i) for i in range(5))
    total = _summed(op, x, skip, bias)
    epsilon = node.attribute("epsilon", SKIP_EPSILON)
    return *op.LayerNormalization(total, gamma, beta, axis=-1, epsilon=epsilon, _outputs=3), total


@expansion("SimplifiedLayerNormalization")
def simplified_layer_normalization(op: Emitter, node: ForwardNode) -> Values:
    """y = x·r·γ, r = 1/√(mean x² + ε)."""
    x, scale = node.inputs
    r = inverse_deviation(op, x, list(range(node.axis(default=-1), node.rank())), node.attribute("epsilon", EPSILON))
    return op.Mul(op.Mul(x, r), scale), r


@expansion("SkipSimplifiedLayerNormalization", domain=DOMAIN)
def skip_simplified_layer_normalization(op: Emitter, node: ForwardNode) -> Values:
    """y = s·r·γ, s = x + skip + b, r = 1/√(mean s² + ε); then nothing, r and s."""
    x, skip, gamma, bias = (node.input(i) for i in range(4))
    total = _summed(op, x, skip, bias)
    r = inverse_deviation(op, total, [-1], node.attribute("epsilon", SKIP_EPSILON))
    return op.Mul(op.Mul(total, r), gamma), None, r, total


@expansion("BranchwiseRMSNorm", domain=DOMAIN)
def branchwise_rms(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x·r·s, r = 1/√(mean x² + ε) over each branch; branches are the last axis but one, or lie along the last."""
    x, scale, branches = node.inputs[0], node.input(1), node.attribute("num_branches", 0)
    grouped = split_last(op, x, [branches, -1]) if branches else x
    y = op.Mul(grouped, inverse_deviation(op, grouped, [-1], node.attribute("epsilon", EPSILON)))
    if scale is not None:
        y = op.Mul(y, op.Reshape(scale, op.Shape(y, start=-2)) if _is_flat(node, branches) else scale)
    return op.Reshape(y, op.Shape(x)) if branches else y


@expansion("GatedRMSNorm", domain=DOMAIN)
def gated_rms(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x·r·s·f(gate), r = 1/√(mean x² + ε) over each run of as many numbers as s has; f = z·σ(z) or σ."""
    x, scale, gate = node.inputs
    grouped = split_last(op, x, op.Concat([-1], op.Shape(scale), axis=0))
    r = inverse_deviation(op, grouped, [-1], node.attribute("epsilon", EPSILON))
    y = op.Reshape(op.Mul(op.Mul(grouped, r), scale), op.Shape(x))
    is_sigmoid = node.attribute("activation", "silu") == "sigmoid"
    return op.Mul(y, op.Sigmoid(gate) if is_sigmoid else swish_of(op, gate, 1.0))


@expansion("GroupNorm", domain=DOMAIN)
def group_norm(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = f(GroupNormalization(x)·γ + β), f the identity or z·σ(z)."""
    assert node.inputs[0] is not None
    return _by_group(op, node, node.inputs[0])


@expansion("SkipGroupNorm", domain=DOMAIN)
def skip_group_norm(op: Emitter, node: ForwardNode) -> Values:
    """y = f(GroupNormalization(s)·γ + β), s = x + skip + b; then s."""
    x, skip, bias = node.inputs[0], node.inputs[3], node.input(4)
    is_last = node.attribute("channels_last", 1)
    if node.rank(3) == 2:
        skip = op.Unsqueeze(skip, [1, 2] if is_last else [2, 3])
    if bias is not None and not is_last:
        bias = op.Unsqueeze(bias, [1, 2])
    total = _summed(op, x, skip, bias)
    return _by_group(op, node, total), total


def inverse_deviation(op: Emitter, x: ir.Value | None, axes: list[int], epsilon: float) -> ir.Value:
    """1/√(mean x² + ε), 1 along `axes`."""
    mean = op.ReduceMean(op.Mul(x, x), axes, keepdims=1)
    return op.Reciprocal(op.Sqrt(op.Add(mean, epsilon)))


def split_last(op: Emitter, x: ir.Value | None, sizes: object) -> ir.Value:
    """The last axis split into several."""
    return op.Reshape(x, op.Concat(op.Slice(op.Shape(x), [0], [-1]), sizes, axis=0))


def _by_group(op: Emitter, node: ForwardNode, x: ir.Value) -> ir.Value:
    """Each group of channels standardized, then scaled by channel and activated."""
    rank, groups, is_last = node.rank(), node.attribute("groups"), node.attribute("channels_last", 1)
    first = channels_first(op, x, rank) if is_last else x
    unit = np.ones(groups), np.zeros(groups)
    grouped = op.InstanceNormalization(
        op.Reshape(first, [0, groups, -1]), *unit, epsilon=node.attribute("epsilon", EPSILON)
    )
    standard = op.Reshape(grouped, op.Shape(first))
    gamma, beta = (op.Unsqueeze(v, list(range(1, rank - 1))) for v in node.inputs[1:3])
    y = op.Add(op.Mul(standard, gamma), beta)
    y = swish_of(op, y, 1.0) if node.attribute("activation") else y
    return channels_last(op, y, rank) if is_last else y


def _summed(op: Emitter, x: ir.Value | None, skip: ir.Value | None, bias: ir.Value | None) -> ir.Value:
    total: ir.Value = op.Add(x, skip)
    return total if bias is None else op.Add(total, bias)


def _is_flat(node: ForwardNode, branches: int) -> bool:
    """Whether the scale of all branches lies along one axis."""
    size, last = node.shape(1), node.dims()[-1]
    if node.rank(1) > 1:
        return False
    if size is None or last is None:
        raise node.refusal("the sizes of its scale or branches are unknown")
    return size != (last // branches if branches else last,)
