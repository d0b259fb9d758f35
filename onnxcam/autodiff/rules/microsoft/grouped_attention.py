"""ONNX Runtime's attention of several heads of queries to one of keys, over a cache that may be larger than its use."""

from __future__ import annotations

import dataclasses
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import FLOATS, Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import LOWEST, merge_heads, scores, size_of, up_to
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN
from onnxcam.autodiff.rules.microsoft.rotary import rotated

INT64 = ir.DataType.INT64

PAST, LENGTHS, TOTAL, COSINE, POSITIONS, ADDED, SINK, FIRST_REFUSED, COUNTS = (3, 4), 5, 6, (7, 8), 9, 10, 11, 12, 16
"""Where the inputs behind queries, keys and values stand."""


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """How many tokens there are, as lists of integers.

    Attributes:
        count: Of queries, as many as of new keys, (1).
        total: At most, with those of the past, (1).
        lengths: In each sequence, (B, 1).
        past: In the past of each sequence, (B, 1).
        added: Of the new ones, those that come into the cache, (B or 1, 1).
    """

    count: ir.Value
    total: ir.Value
    lengths: ir.Value
    past: ir.Value
    added: ir.Value


@expansion("GroupQueryAttention", domain=DOMAIN)
def group_query_attention(op: Emitter, node: ForwardNode) -> tuple[ir.Value, ...]:
    """y = softmax(f(s·q·kᵀ) + bias)·v, f(x) = c·tanh(x/c) or x; then k and v, those of the past before them."""
    _refuse(node)
    q, k, v = _heads(op, node)
    span = _span(op, node, q)
    if node.attribute("do_rotary", 0):
        angles = [op.Gather(node.input(i), _positions(op, node, span)) for i in COSINE]
        is_interleaved = bool(node.attribute("rotary_interleaved", 0))
        q, k = (rotated(op, x, *angles, is_interleaved=is_interleaved) for x in (q, k))
    past = [node.input(i) for i in PAST]
    if past[0] is not None:
        k, v = (_cached(op, old, new, span) for old, new in zip(past, (k, v), strict=True))
    q, groups, size = _grouped(op, q, node.attribute("kv_num_heads")), size_of(op, k, 2), size_of(op, q, 3)
    products = op.Reshape(scores(op, node, q, k), op.Concat([0, node.attribute("num_heads"), -1], groups, axis=0))
    weights = _softmax(op, node, op.Add(_capped(op, node, products), _term(op, node, span, k)))
    mixed = op.MatMul(_grouped(op, weights, node.attribute("kv_num_heads")), v)
    return merge_heads(op, op.Reshape(mixed, op.Concat([0, node.attribute("num_heads"), -1], size, axis=0))), k, v


def _refuse(node: ForwardNode) -> None:
    """Refuse what no CPU runs, or keeps its cache in another form."""
    past, others = node.input(PAST[0]), range(FIRST_REFUSED, COUNTS)
    if past is not None and past.dtype not in FLOATS:
        raise node.refusal("its cache is quantised")
    if node.attribute("sliding_window_cache", 0):
        raise node.refusal("its cache slides")
    if any(node.input(i) is not None for i in others):
        raise node.refusal("its cache has scales, or its queries and keys are normalized")


def _heads(op: Emitter, node: ForwardNode) -> tuple[ir.Value, ir.Value, ir.Value]:
    """Queries (B, N, S, H), keys and values (B, G, S, H)."""
    count, groups = node.attribute("num_heads"), node.attribute("kv_num_heads")
    query, key, value = (node.input(i) for i in range(3))
    if key is None:
        together = op.Transpose(op.Reshape(query, [0, 0, count + 2 * groups, -1]), perm=[0, 2, 1, 3])
        q, k, v = op.Split(together, [count, groups, groups], axis=1, _outputs=3)
        return q, k, v
    of = ((query, count), (key, groups), (value, groups))
    q, k, v = (op.Transpose(op.Reshape(x, [0, 0, n, -1]), perm=[0, 2, 1, 3]) for x, n in of)
    return q, k, v


def _span(op: Emitter, node: ForwardNode, q: ir.Value) -> Span:
    count = size_of(op, q, 2)
    total = op.Reshape(op.Cast(node.input(TOTAL), to=INT64), [1])
    lengths = op.Add(op.Reshape(op.Cast(node.input(LENGTHS), to=INT64), [-1, 1]), 1)
    given = node.input(COUNTS)
    added = count if given is None else op.Reshape(op.Cast(given, to=INT64), [-1, 1])
    return Span(count, total, lengths, op.Max(op.Sub(lengths, added), 0), added)


def _positions(op: Emitter, node: ForwardNode, span: Span) -> ir.Value:
    """Where each query stands, (B, S); of positions that are given with no past, the first alone counts."""
    steps, given = op.Unsqueeze(up_to(op, span.count), [0]), node.input(POSITIONS)
    if given is None:
        return op.Add(span.past, steps)
    first = op.Add(op.Slice(op.Reshape(given, [-1]), [0], [1]), steps)
    return op.Where(op.Equal(span.count, span.total), op.Add(first, op.Mul(given, 0)), given)


def _cached(op: Emitter, old: Any, new: ir.Value, span: Span) -> ir.Value:
    """The new keys or values in the cache behind those of the past, which are of any number; zeros behind both."""
    capacity = size_of(op, old, 2)
    places = op.Unsqueeze(up_to(op, op.Max(capacity, span.total)), [0])
    ahead = op.Sub(places, span.past)
    is_new = op.And(op.GreaterOrEqual(ahead, 0), op.Less(ahead, span.added))
    blank = op.Add(capacity, span.count)
    index = op.Where(is_new, op.Add(ahead, capacity), op.Where(op.Less(ahead, 0), places, blank))
    rows = op.Concat(old, new, op.Mul(op.Slice(new, [0], [1], [2]), 0.0), axis=2)
    shape = op.Concat(size_of(op, new, 0), size_of(op, new, 1), size_of(op, index, 1), size_of(op, new, 3), axis=0)
    return op.GatherElements(rows, op.Expand(op.Unsqueeze(index, [1, 3]), shape), axis=2)


def _term(op: Emitter, node: ForwardNode, span: Span, k: ir.Value) -> ir.Value:
    """What is added to the scores, (B, N or 1, S, T)."""
    places = op.Unsqueeze(up_to(op, size_of(op, k, 2)), [0, 1])
    is_seen = op.Less(places, op.Unsqueeze(span.lengths, [2]))
    if node.attribute("causal", 1):
        query = op.Unsqueeze(op.Add(span.past, op.Unsqueeze(up_to(op, span.count), [0])), [2])
        is_seen, window = op.LessOrEqual(places, query), node.attribute("local_window_size", -1)
        if window > 0:
            is_seen = op.And(is_seen, op.Greater(places, op.Sub(query, window)))
    term, added = op.Where(op.Unsqueeze(is_seen, [1]), 0.0, LOWEST), node.input(ADDED)
    if added is None:
        return term
    rest = op.Sub(size_of(op, k, 2), size_of(op, added, 3))
    return op.Add(term, op.Pad(added, op.Concat([0] * 7, rest, axis=0)))


def _capped(op: Emitter, node: ForwardNode, products: ir.Value) -> ir.Value:
    cap = node.attribute("softcap", 0.0)
    return op.Mul(op.Tanh(op.Div(products, cap)), cap) if cap else products


def _softmax(op: Emitter, node: ForwardNode, products: ir.Value) -> ir.Value:
    """Softmax over the keys and, where there is a sink, over its score too."""
    sink = node.input(SINK)
    if sink is None and node.attribute("smooth_softmax", -1) != 1:
        return op.Softmax(products, axis=-1)
    column = op.Mul(op.Slice(products, [0], [1], [3]), 0.0)
    if sink is not None:
        column = op.Add(column, op.Reshape(sink, [1, -1, 1, 1]))
    return op.Slice(op.Softmax(op.Concat(products, column, axis=3), axis=-1), [0], [-1], [3])


def _grouped(op: Emitter, x: ir.Value, groups: int) -> ir.Value:
    """(B, N, S, H) as (B, G, N/G·S, H)."""
    return op.Reshape(x, op.Concat([0, groups, -1], size_of(op, x, 3), axis=0))
