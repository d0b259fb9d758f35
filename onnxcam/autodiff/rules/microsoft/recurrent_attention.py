"""ONNX Runtime's attention with a state instead of scores, and the convolution that goes before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import size_of
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN, swish_of

END = np.iinfo(np.int64).max


@expansion("LinearAttention", domain=DOMAIN)
def linear_attention(op: Emitter, node: ForwardNode) -> tuple[ir.Value, ir.Value]:
    """oₜ = c·qₜᵀ·Sₜ, Sₜ = S' + kₜ⊗dₜ, S' = Sₜ₋₁·exp(gₜ), dₜ = vₜ or βₜ·(vₜ - S'ᵀ·kₜ); then the last S."""
    if node.attribute("state_window", 0):
        raise node.refusal("it keeps several states")
    heads, groups = node.attribute("q_num_heads"), node.attribute("kv_num_heads")
    rule, past = node.attribute("update_rule", "gated_delta"), node.input(3)
    q, k, v = (_by_step(op, node.input(i), n) for i, n in ((0, heads), (1, groups), (2, groups)))
    if groups > heads:
        q = op.Gather(q, np.repeat(np.arange(heads), groups // heads), axis=2)
    scanned = [op.Mul(q, node.attribute("scale", 0.0) or _inverse_root(op, q)), k, v]
    if "gated" in rule:
        scanned.append(_by_step(op, node.input(4), groups))
    if "delta" in rule:
        scanned.append(op.Unsqueeze(op.Transpose(node.input(5), perm=[1, 0, 2]), [3]))
    if past is None:
        past = op.Expand(0.0, op.Concat(size_of(op, k, 1), [groups], size_of(op, k, 3), size_of(op, v, 3), axis=0))
    body = _step(op, groups, is_gated="gated" in rule, is_delta="delta" in rule)
    last, y = op.Scan(past, *scanned, body=body, num_scan_inputs=len(scanned), _outputs=2)
    return op.Reshape(op.Transpose(y, perm=[1, 0, 2, 3]), [0, 0, -1]), last


def _step(op: Emitter, groups: int, *, is_gated: bool, is_delta: bool) -> ir.Graph:
    """From a state (B, G, H, M) and the slices of a step to the next state and the step's output (B, N, M)."""
    inner = op.subgraph()
    state, q, k, v, *others = (
        inner.parameter(shape=ir.Shape([None] * n)) for n in [4, 3, 3, 3, *[3] * (is_gated + is_delta)]
    )
    if is_gated:
        state = inner.Mul(state, inner.Unsqueeze(inner.Exp(others[0]), [3]))
    if is_delta:
        seen = inner.MatMul(inner.Unsqueeze(k, [2]), state)
        v = inner.Mul(inner.Sub(v, inner.Squeeze(seen, [2])), others[-1])
    state = inner.Add(state, inner.MatMul(inner.Unsqueeze(k, [3]), inner.Unsqueeze(v, [2])))
    inner.put_out(state)
    of_group = inner.Reshape(q, inner.Concat([0, groups, -1], size_of(inner, k, 2), axis=0))
    read = inner.MatMul(of_group, state)
    inner.put_out(inner.Reshape(read, inner.Concat([0, -1], size_of(inner, v, 2), axis=0)))
    return inner.graph


def _by_step(op: Emitter, x: Any, heads: int) -> ir.Value:
    """(B, T, N·H) as (T, B, N, H)."""
    return op.Transpose(op.Reshape(x, [0, 0, heads, -1]), perm=[1, 0, 2, 3])


def _inverse_root(op: Emitter, q: ir.Value) -> ir.Value:
    """1/√H."""
    return op.Reciprocal(op.Sqrt(op.Cast(size_of(op, q, 3), to=op.dtype)))


@expansion("CausalConvWithState", domain=DOMAIN)
def causal_convolution(op: Emitter, node: ForwardNode) -> tuple[ir.Value, ir.Value]:
    """y = f(Conv(z, w) + b), z the state and then x, f the identity or z·σ(z); then the end of z."""
    x, weight, bias, past = (node.input(i) for i in range(4))
    channels, dilation, is_last = _channels(node), node.attribute("dilation", 1), node.attribute("channels_last", 0)
    shape = op.Shape(x)
    x, past = (_first(op, v, channels) if is_last and v is not None else v for v in (x, past))
    length = op.Mul(op.Sub(size_of(op, weight, 2), 1), dilation)
    if past is None:
        past = op.Expand(0.0, op.Concat(size_of(op, x, 0), [channels], length, axis=0))
    read = op.Concat(past, x, axis=2)
    y = op.Conv(read, weight, bias, group=channels, dilations=[dilation])
    y = swish_of(op, y, 1.0) if node.attribute("activation", "none") != "none" else y
    state = op.Slice(read, op.Sub(size_of(op, read, 2), length), [END], [2])
    if not is_last:
        return y, state
    behind = op.Slice(shape, [2], [END])
    return tuple(op.Reshape(op.Transpose(v, perm=[0, 2, 1]), op.Concat([0, -1], behind, axis=0)) for v in (y, state))


def _channels(node: ForwardNode) -> int:
    """How many channels there are; what no CPU runs is refused, and what a Conv cannot say."""
    channels = node.dims(1)[0]
    if channels is None:
        raise node.refusal("the number of its channels is unknown")
    if node.attribute("ndim", 1) != 1:
        raise node.refusal("it has several spatial dimensions")
    extended = ("state_window", "state_length", "input_channels", "input_channel_offset", "state_update_capacity")
    if any(node.attribute(name, 0) for name in extended) or node.attribute("state_channels_last", -1) != -1:
        raise node.refusal("its state, or what it reads of its input, is extended")
    return channels


def _first(op: Emitter, x: Any, channels: int) -> ir.Value:
    """(B, L, …) as (B, C, L)."""
    return op.Transpose(op.Reshape(x, [0, -1, channels]), perm=[0, 2, 1])
