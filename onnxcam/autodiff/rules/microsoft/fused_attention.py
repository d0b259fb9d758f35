"""Attention as ONNX Runtime fuses it, with the projections before it and the caches beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import causal_term, mixed, padding_term, scores, size_of, split_heads
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN

Values = tuple[ir.Value | None, ...]


@expansion("Attention", domain=DOMAIN)
def attention(op: Emitter, node: ForwardNode) -> Values:
    """y = softmax(s·q·kᵀ + mask + bias)·v, (q, k, v) = x·W + b; then k and v, those of the past before them."""
    x, weights, bias, mask, past, added = (node.input(i) for i in range(6))
    if node.attribute("do_rotary", 0) or node.attribute("past_present_share_buffer", 0):
        raise node.refusal("it rotates queries and keys, or writes into the buffer of the past")
    projected = op.MatMul(x, weights)
    return over_projections(op, node, projected if bias is None else op.Add(projected, bias), mask, past, added)


def over_projections(
    op: Emitter, node: ForwardNode, projected: ir.Value, mask: Any, past: Any, added: Any = None
) -> Values:
    """Attention of queries, keys and values that lie side by side; then k and v, those of the past before them."""
    parts = _thirds(op, node, projected)
    q, k, v = (split_heads(op, part, node.attribute("num_heads")) for part in parts)
    length: Any = 0
    if past is not None:
        length = size_of(op, past, 3)
        before = (op.Squeeze(half, [0]) for half in op.Split(past, axis=0, num_outputs=2, _outputs=2))
        k, v = (op.Concat(old, new, axis=2) for old, new in zip(before, (k, v), strict=True))
    terms = (padding_term(op, node, mask, k), _causal(op, node, q, k, length), added)
    y = mixed(op, scores(op, node, q, k, terms), v)
    has_present = len(node.outputs) > 1 and node.outputs[1].name
    return y, op.Concat(op.Unsqueeze(k, [0]), op.Unsqueeze(v, [0]), axis=0) if has_present else None


@expansion("MultiHeadAttention", domain=DOMAIN)
def multi_head_attention(op: Emitter, node: ForwardNode) -> Values:
    """y = softmax(s·q·kᵀ + mask + bias)·v; then k and v, those of the past before them, and what the softmax is of."""
    mask, added, past = node.input(4), node.input(5), (node.input(6), node.input(7))
    if node.input(8) is not None or node.input(9) is not None:
        raise node.refusal("it writes into the buffer of the past")
    q, k, v = _operands(op, node, node.input(3))
    return _over_past(op, node, (q, k, v), past, mask, added)


@expansion("DecoderMaskedMultiHeadAttention", domain=DOMAIN)
def decoder_masked_attention(op: Emitter, node: ForwardNode) -> Values:
    """As MultiHeadAttention, of one query; in a buffer that is shared, what comes after it stays."""
    mask, added, past, length = node.input(3), node.input(4), (node.input(5), node.input(6)), node.input(7)
    if node.input(9) is not None:
        raise node.refusal("its past is spread over beams")
    operands = _operands(op, node, node.input(10))
    if not node.attribute("past_present_share_buffer", 0) or past[0] is None:
        return _over_past(op, node, operands, past, mask, added)
    if length is None:
        raise node.refusal("how much of its buffer is past is not given")
    used = op.Reshape(op.Cast(length, to=ir.DataType.INT64), [1])
    before = tuple(op.Slice(x, [0], used, [2]) for x in past)
    y, *present, products = _over_past(op, node, operands, before, mask, added)
    after = (op.Slice(x, op.Add(used, 1), size_of(op, x, 2), [2]) for x in past)
    return y, *(op.Concat(x, rest, axis=2) for x, rest in zip(present, after, strict=True)), products


def _over_past(
    op: Emitter, node: ForwardNode, operands: Sequence[ir.Value], past: Values, mask: Any, added: Any
) -> Values:
    """Attention over keys and values and over those of the past, which come first."""
    q, k, v = operands
    length: Any = 0
    if past[0] is not None:
        length = size_of(op, past[0], 2)
        k, v = op.Concat(past[0], k, axis=2), op.Concat(past[1], v, axis=2)
    terms = (padding_term(op, node, mask, k), _causal(op, node, q, k, length), added)
    products = scores(op, node, q, k, terms)
    return mixed(op, products, v), k, v, products


def _causal(op: Emitter, node: ForwardNode, q: ir.Value, k: ir.Value, past: Any) -> ir.Value | None:
    return causal_term(op, q, k, past) if node.attribute("unidirectional", 0) else None


def _thirds(op: Emitter, node: ForwardNode, projected: ir.Value) -> Sequence[ir.Value]:
    """Queries, keys and values, side by side in the last axis."""
    sizes = node.attribute("qkv_hidden_sizes")
    if sizes:
        return op.Split(projected, list(sizes), axis=-1, _outputs=3)
    return op.Split(projected, axis=-1, num_outputs=3, _outputs=3)


def _operands(op: Emitter, node: ForwardNode, bias: ir.Value | None) -> Sequence[ir.Value]:
    """Queries, keys and values with their biases, (B, N, S, H), from any layout that says where the heads are."""
    heads, (query, key, value) = node.attribute("num_heads"), (node.input(i) for i in range(3))
    if key is None and node.rank() == 5:  # (B, S, N, 3, H)
        given = _unpacked(op, query, 3)
    elif key is None:  # (B, S, 3·N·H)
        given = [split_heads(op, part, heads) for part in op.Split(query, axis=-1, num_outputs=3, _outputs=3)]
    elif value is None:  # (B, S, N, 2, H)
        given = [split_heads(op, query, heads), *_unpacked(op, key, 2)]
    elif node.rank(1) == 4:  # (B, N, S, H), of the past, and biased there
        return [_biased(op, [split_heads(op, query, heads)], bias, heads)[0], key, value]
    else:
        given = [split_heads(op, x, heads) for x in (query, key, value)]
    return _biased(op, given, bias, heads)


def _biased(op: Emitter, given: Sequence[ir.Value], bias: ir.Value | None, heads: int) -> Sequence[ir.Value]:
    """(B, N, S, H) each, with its part of the bias: of all three operands, or of the first."""
    if bias is None:
        return given
    sizes = [op.Mul(size_of(op, x, 3), heads) for x in given]
    if len(given) > 1:
        parts = op.Split(bias, op.Concat(*sizes, axis=0), axis=0, _outputs=3)
    else:
        parts = [op.Slice(bias, [0], sizes[0])]
    return [op.Add(x, op.Reshape(part, [heads, 1, -1])) for x, part in zip(given, parts, strict=True)]


def _unpacked(op: Emitter, x: Any, count: int) -> list[ir.Value]:
    """(B, S, N, count, H) as so many of (B, N, S, H)."""
    parts = op.Split(x, axis=3, num_outputs=count, _outputs=count)
    return [op.Transpose(op.Squeeze(part, [3]), perm=[0, 2, 1, 3]) for part in parts]
