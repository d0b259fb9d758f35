"""ONNX Runtime's own operators of gated language models: hyper-connections, and gates computed from projections."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN, swiglu_of, swish_of
from onnxcam.autodiff.rules.microsoft.fused_normalization import EPSILON, inverse_deviation, split_last
from onnxcam.autodiff.rules.slicing import END

Values = tuple[ir.Value | None, ...]


@expansion("HyperConnectionPreMix", domain=DOMAIN)
def pre_mix(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = scale·Σ_c x_c·m_c over the streams c."""
    streams, mix, branches = *node.inputs, node.attribute("num_branches", 0)
    rank = node.rank()
    if branches:
        streams, rank = split_last(op, streams, [branches, -1]), rank + 1
        if node.rank(1) == rank - 1 and _is_joined(node, 1, branches):
            mix = split_last(op, mix, [branches, -1])
    total = op.ReduceSum(op.Mul(streams, _spread(op, mix, rank)), [-2], keepdims=0)
    scale = node.attribute("reduction_scale", 1.0)
    return total if scale == 1 else op.Mul(total, scale)


@expansion("HyperConnectionPostMix", domain=DOMAIN)
def post_mix(op: Emitter, node: ForwardNode) -> ir.Value:
    """y_k = Σ_c m_ck·x_c + p_k·u over the streams c, or x_k + p_k·u."""
    streams, update, mix, branches = *node.inputs[:3], node.attribute("num_branches", 0)
    between, rank = node.input(3), node.rank() + bool(branches)
    grouped = split_last(op, streams, [branches, -1]) if branches else streams
    if between is not None:
        grouped = op.MatMul(op.Transpose(between, perm=[*range(rank - 2), rank - 1, rank - 2]), grouped)
    mixed = op.Add(grouped, op.Mul(_spread(op, mix, rank), op.Unsqueeze(update, [-2])))
    return op.Reshape(mixed, op.Shape(streams)) if branches else mixed


@expansion("HyperConnectionLowRankMix", domain=DOMAIN)
def low_rank_mix(op: Emitter, node: ForwardNode) -> Values:
    """s = x + p·u, n = s·r·γ, g = σ(silu(n·D)·U): y = scale·Σ_c n_c·g_c, then μ·σ(n·W/δ), then s."""
    streams, scale, down, up, inject = node.inputs[:5]
    update, gate, branches = node.input(5), node.input(6), node.attribute("num_branches")
    shape = op.Shape(streams)
    grouped = split_last(op, streams, [branches, -1])
    if update is not None:
        grouped = op.Add(grouped, op.Mul(op.Unsqueeze(gate, [-1]), op.Unsqueeze(update, [-2])))
    r = inverse_deviation(op, grouped, [-1], node.attribute("epsilon", EPSILON))
    normed = op.Mul(op.Reshape(op.Mul(grouped, r), shape), scale)
    hidden = swish_of(op, op.Mul(op.MatMul(normed, down), node.attribute("silu_alpha", 1.0)), 1.0)
    gated = op.Mul(normed, op.Sigmoid(op.MatMul(hidden, up)))
    total = op.ReduceSum(split_last(op, gated, [branches, -1]), [-2], keepdims=0)
    logits = op.Div(op.MatMul(normed, inject), node.attribute("gate_div", 1.0))
    post = op.Mul(op.Sigmoid(logits), node.attribute("gate_mul", 1.0))
    return op.Mul(total, node.attribute("reduction_scale", 1.0)), post, op.Reshape(grouped, shape)


@expansion("EngramGate", domain=DOMAIN)
def engram_gate(op: Emitter, node: ForwardNode) -> Values:
    """y = g·v, g = σ(sign(d)·√max(|d|, 10⁻⁶)), d = Σ k·r·γ·q·r'·γ'/√size; then y·r''·γ''."""
    key, query, value, key_scale, query_scale = node.inputs[:5]
    epsilon, last = node.attribute("epsilon", EPSILON), node.input(5)
    keys, queries = (
        op.Mul(op.Mul(x, inverse_deviation(op, x, [-1], epsilon)), scale)
        for x, scale in ((key, key_scale), (query, query_scale))
    )
    width = op.Cast(op.Slice(op.Shape(key), [3], [4]), to=op.dtype)
    dot = op.Div(op.ReduceSum(op.Mul(keys, queries), [-1], keepdims=1), op.Sqrt(width))
    gate = op.Sigmoid(op.Mul(op.Sign(dot), op.Sqrt(op.Max(op.Abs(dot), 1e-6))))
    y = op.Mul(gate, op.Unsqueeze(value, [2]))
    if last is None:
        return (y,)
    return y, op.Mul(op.Mul(y, inverse_deviation(op, y, [-1], epsilon)), last)


@expansion("LinearAttentionGate", domain=DOMAIN)
def linear_attention_gate(op: Emitter, node: ForwardNode) -> Values:
    """y = s·softplus(a + b), then σ(c)."""
    a, bias, scale, beta = *node.inputs[:3], node.input(3)
    return op.Mul(scale, op.Softplus(op.Add(a, bias))), None if beta is None else op.Sigmoid(beta)


@expansion("RouterGateUpProj", domain=DOMAIN)
def router_gate_up(op: Emitter, node: ForwardNode) -> Values:
    """(y, g, l) = parts of x·w: y, then SwiGLU(g, l)."""
    product = op.MatMul(*node.inputs)
    size = node.attribute("router_size")
    gate, up = op.Split(op.Slice(product, [size], [END], [-1]), axis=-1, num_outputs=2, _outputs=2)
    return op.Slice(product, [0], [size], [-1]), swiglu_of(op, node, gate, up)


def _is_joined(node: ForwardNode, index: int, branches: int) -> bool:
    """Whether the last axis of an input holds a number for each feature, not for each stream."""
    last = node.dims(index)[-1]
    if last is None:
        raise node.refusal("the sizes of its gates are unknown")
    return last != branches


def _spread(op: Emitter, mix: ir.Value | None, rank: int) -> ir.Value | None:
    """Gates of streams as gates of features."""
    assert mix is not None
    if mix.shape is None:
        return mix
    return op.Unsqueeze(mix, [-1]) if mix.shape.rank() == rank - 1 else mix
