"""Batches of sequences without their padding, token after token, and attention over them."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import LOWEST, mixed, scores, size_of, split_heads, up_to
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN

INT64 = ir.DataType.INT64


@expansion("RemovePadding", domain=DOMAIN)
def remove_padding(op: Emitter, node: ForwardNode) -> ir.Value:
    """The first tokens of each sequence, as many as it has."""
    x, counts = node.inputs
    places = up_to(op, size_of(op, x, 1))
    is_token = op.Less(op.Unsqueeze(places, [0]), op.Unsqueeze(op.Cast(counts, to=INT64), [1]))
    return op.Compress(_flat(op, x), op.Reshape(is_token, [-1]), axis=0)


@expansion("RestorePadding", domain=DOMAIN)
def restore_padding(op: Emitter, node: ForwardNode) -> ir.Value:
    """Each token where it was in its sequence, zeros elsewhere."""
    x, offsets = node.inputs
    return _padded(op, x, offsets)


@expansion("PackedAttention", domain=DOMAIN)
def packed_attention(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = softmax(s·q·kᵀ + bias)·v within each sequence, (q, k, v) = x·W + b."""
    x, weights, bias, offsets, bounds, added = (node.input(i) for i in range(6))
    projected = op.Add(op.MatMul(x, weights), bias)
    sizes = node.attribute("qkv_hidden_sizes")
    given = (projected, list(sizes)) if sizes else (projected,)
    parts = op.Split(*given, axis=-1, num_outputs=None if sizes else 3, _outputs=3)
    return _attended(op, node, parts, (offsets, bounds, added))


@expansion("PackedMultiHeadAttention", domain=DOMAIN)
def packed_multi_head_attention(op: Emitter, node: ForwardNode) -> ir.Value:
    """As PackedAttention, of queries, keys and values that are given, (T, N·H) each or (T, N, 3, H) together."""
    query, key, value, bias, offsets, bounds, added = (node.input(i) for i in range(7))
    parts: Any = (query, key, value)
    if key is None:
        split = op.Split(query, axis=2, num_outputs=3, _outputs=3)
        parts = [op.Reshape(part, [0, -1]) for part in split]
    if bias is not None:
        sizes = op.Concat(*(size_of(op, part, 1) for part in parts), axis=0)
        biases = op.Split(bias, sizes, axis=0, _outputs=3)
        parts = [op.Add(part, b) for part, b in zip(parts, biases, strict=True)]
    return _attended(op, node, parts, (offsets, bounds, added))


def _attended(op: Emitter, node: ForwardNode, parts: Any, places: tuple[Any, ...]) -> ir.Value:
    """Attention over the sequences with their padding, which is taken off again."""
    offsets, bounds, added = places
    q, k, v = (split_heads(op, _padded(op, part, offsets), node.attribute("num_heads")) for part in parts)
    bounds = op.Cast(bounds, to=INT64)
    counts = op.Sub(op.Slice(bounds, [1], [2**31]), op.Slice(bounds, [0], [-1]))
    is_token = op.Less(op.Unsqueeze(up_to(op, size_of(op, k, 2)), [0]), op.Unsqueeze(counts, [1]))
    term = op.Where(op.Unsqueeze(is_token, [1, 2]), 0.0, LOWEST)
    y = mixed(op, scores(op, node, q, k, (term, added)), v)
    return op.Gather(_flat(op, y), _tokens(op, parts[0], offsets))


def _flat(op: Emitter, x: Any) -> ir.Value:
    """(B, S, D) as (B·S, D)."""
    return op.Reshape(x, op.Concat([-1], size_of(op, x, 2), axis=0))


def _tokens(op: Emitter, x: Any, offsets: ir.Value) -> ir.Value:
    """Where in (B·S) the tokens of `x` belong: the first of the offsets, behind which those of the padding come."""
    return op.Slice(op.Cast(op.Reshape(offsets, [-1]), to=INT64), [0], size_of(op, x, 0))


def _padded(op: Emitter, x: Any, offsets: Any) -> ir.Value:
    """(T, D) as (B, S, D)."""
    width, shape = size_of(op, x, 1), op.Shape(offsets)
    blank = op.Expand(0.0, op.Concat(op.ReduceProd(shape, [0], keepdims=1), width, axis=0))
    flat = op.ScatterND(blank, op.Unsqueeze(_tokens(op, x, offsets), [1]), x)
    return op.Reshape(flat, op.Concat(shape, width, axis=0))
