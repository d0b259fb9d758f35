"""What ONNX Runtime's forms of attention have in common: heads, masks, the softmax between two products."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode

LOWEST = float(np.finfo(np.float32).min)
"""What is added to the score of a key that comes after the query: finite, so that a row of them is no NaN."""


def split_heads(op: Emitter, x: Any, heads: int) -> ir.Value:
    """(B, S, N·H) as (B, N, S, H)."""
    return op.Transpose(op.Reshape(x, [0, 0, heads, -1]), perm=[0, 2, 1, 3])


def merge_heads(op: Emitter, x: ir.Value) -> ir.Value:
    """(B, N, S, H) as (B, S, N·H)."""
    return op.Reshape(op.Transpose(x, perm=[0, 2, 1, 3]), [0, 0, -1])


def size_of(op: Emitter, x: Any, axis: int) -> ir.Value:
    """A dimension, as a list of one integer."""
    size = x.shape[axis] if x.shape is not None else None
    return op.local(np.array([size])) if isinstance(size, int) else op.Gather(op.Shape(x), [axis])


def up_to(op: Emitter, size: ir.Value) -> ir.Value:
    """0, 1, … below the one integer of `size`."""
    return op.Range(0, op.Squeeze(size), 1)


def scores(op: Emitter, node: ForwardNode, q: ir.Value, k: ir.Value, terms: Iterable[ir.Value | None] = ()) -> ir.Value:
    """s·q·kᵀ and what is added to it, s the attribute `scale` or 1/√h; q (B, N, S, H), k (B, N, T, H)."""
    products = op.MatMul(op.Mul(q, _scale(op, node, q)), op.Transpose(k, perm=[0, 1, 3, 2]))
    for term in terms:
        if term is not None:
            products = op.Add(products, term)
    return products


def mixed(op: Emitter, scores: ir.Value, v: ir.Value) -> ir.Value:
    """softmax(scores)·v, its heads side by side; scores (B, N, S, T), v (B, N, T, H)."""
    return merge_heads(op, op.MatMul(op.Softmax(scores, axis=-1), v))


def padding_term(op: Emitter, node: ForwardNode, mask: ir.Value | None, k: ir.Value) -> ir.Value | None:
    """What is added to the scores of keys that are padding, broadcast over heads; k (B, N, T, H).

    The mask is (B, T) or (B, S, T), positive where a key is none; or (B), the ends of right-side padding's keys; or
    (2·B), then their starts; or (3·B + 2), in which the ends are followed by what only packing needs.
    """
    if mask is None:
        return None
    rank = node.rank(mask)
    if rank > 3:
        raise node.refusal(f"its mask has {rank} dimensions")
    is_key = op.Greater(mask, 0) if rank > 1 else _within(op, mask, k)
    is_key = op.Unsqueeze(is_key, [1] if rank == 3 else [1, 2])
    return op.Where(is_key, 0.0, node.attribute("mask_filter_value", -10000.0))


def causal_term(op: Emitter, q: ir.Value, k: ir.Value, past: Any = 0) -> ir.Value:
    """What is added to the scores of keys that come after the query, the first of which follows `past` keys; (S, T).

    The last query sees all keys, also where these are of another sequence and there are more.
    """
    count, total = size_of(op, q, 2), size_of(op, k, 2)
    queries = op.Unsqueeze(up_to(op, count), [1])
    is_seen = op.LessOrEqual(up_to(op, total), op.Add(queries, past))
    return op.Where(op.Or(is_seen, op.Equal(queries, op.Sub(count, 1))), 0.0, LOWEST)


def _scale(op: Emitter, node: ForwardNode, q: ir.Value) -> Any:
    given = node.attribute("scale", 0.0)
    if given:
        return given
    size = q.shape[-1] if q.shape is not None else None
    return (
        1 / math.sqrt(size)
        if isinstance(size, int)
        else op.Reciprocal(op.Sqrt(op.Cast(size_of(op, q, 3), to=op.dtype)))
    )


def _within(op: Emitter, mask: ir.Value, k: ir.Value) -> ir.Value:
    """Which keys lie between a sequence's start and its end, (B, T)."""
    batch, bounds = size_of(op, k, 0), op.Cast(mask, to=ir.DataType.INT64)
    positions = op.Unsqueeze(up_to(op, size_of(op, k, 2)), [0])
    end = op.Unsqueeze(op.Slice(bounds, [0], batch), [1])
    padded = op.Pad(bounds, op.Concat([0], batch, axis=0))
    start = op.Unsqueeze(op.Slice(padded, batch, op.Mul(batch, 2)), [1])
    has_starts = op.Equal(size_of(op, mask, 0), op.Mul(batch, 2))
    return op.And(op.Less(positions, end), op.Or(op.Not(has_starts), op.GreaterOrEqual(positions, start)))
