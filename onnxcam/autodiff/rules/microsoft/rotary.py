"""Rotary embeddings: each pair of a head's numbers turned by an angle that depends on the position."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import merge_heads, size_of, up_to
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN

END = np.iinfo(np.int64).max


@expansion("RotaryEmbedding", domain=DOMAIN)
def rotary_embedding(op: Emitter, node: ForwardNode) -> ir.Value:
    """(a, b) → (a·cos - b·sin, a·sin + b·cos) for each pair, the caches' rows those of the positions."""
    x, positions, cosine, sine = node.inputs
    if node.rank(1) == 1:
        length = size_of(op, x, 1 if node.rank() == 3 else 2)
        positions = op.Add(op.Unsqueeze(positions, [0]), op.Unsqueeze(up_to(op, length), [0]))
    return _turned(op, node, op.Gather(cosine, positions), op.Gather(sine, positions))


@expansion("MRotaryEmbedding", domain=DOMAIN)
def multimodal_rotary_embedding(op: Emitter, node: ForwardNode) -> ir.Value:
    """As RotaryEmbedding, each column of the caches' rows at the position of one of three kinds."""
    _, positions, cosine, sine = node.inputs
    kinds = _kinds(node.attribute("mrope_section"), node.attribute("mrope_layout", 0) == 1)
    chosen = np.eye(3)[kinds].T.reshape(3, 1, 1, len(kinds))
    of_kind = (op.Mul(op.Gather(cache, positions), chosen) for cache in (cosine, sine))
    return _turned(op, node, *(op.ReduceSum(rows, [0], keepdims=0) for rows in of_kind))


@expansion("GemmaRotaryEmbedding", domain=DOMAIN)
def gemma_rotary_embedding(op: Emitter, node: ForwardNode) -> tuple[ir.Value, ...]:
    """q·cos(e) + q'·sin(e), then k·cos(e) + k'·sin(e)."""
    angles, *pairs = node.inputs
    cosine, sine = (op.Unsqueeze(f(angles), [1]) for f in (op.Cos, op.Sin))
    return tuple(op.Add(op.Mul(x, cosine), op.Mul(turned, sine)) for x, turned in (pairs[:2], pairs[2:]))


def rotated(op: Emitter, x: Any, cosine: ir.Value, sine: ir.Value, *, is_interleaved: bool) -> ir.Value:
    """The first numbers of each head turned, as many as there are pairs; x (B, N, S, H), the others (B, S, pairs)."""
    pairs = size_of(op, cosine, 2)
    width = op.Mul(pairs, 2)
    cosine, sine = (op.Unsqueeze(v, [1]) for v in (cosine, sine))
    head, rest = op.Slice(x, [0], width, [3]), op.Slice(x, width, [END], [3])
    shape = [0, 0, 0, -1, 2] if is_interleaved else [0, 0, 0, 2, -1]
    axis = 4 if is_interleaved else 3
    a, b = (
        op.Squeeze(part, [axis]) for part in op.Split(op.Reshape(head, shape), axis=axis, num_outputs=2, _outputs=2)
    )
    first, second = op.Sub(op.Mul(a, cosine), op.Mul(b, sine)), op.Add(op.Mul(a, sine), op.Mul(b, cosine))
    joined = op.Concat(*(op.Unsqueeze(v, [axis]) for v in (first, second)), axis=axis)
    return op.Concat(op.Reshape(joined, [0, 0, 0, -1]), rest, axis=3)


def _turned(op: Emitter, node: ForwardNode, cosine: ir.Value, sine: ir.Value) -> ir.Value:
    """The input of three or four dimensions turned."""
    x, heads, is_flat = node.inputs[0], node.attribute("num_heads", 0), node.rank() == 3
    if node.attribute("scale", 1.0) != 1 or node.attribute("is_packed_batching", 0):
        raise node.refusal("it scales its caches, or its batch is ragged")
    if is_flat:
        size = [heads, -1] if heads else op.Concat([-1], op.Mul(size_of(op, cosine, 2), 2), axis=0)
        x = op.Transpose(op.Reshape(x, op.Concat([0, 0], size, axis=0)), perm=[0, 2, 1, 3])
    y = rotated(op, x, cosine, sine, is_interleaved=bool(node.attribute("interleaved", 0)))
    return merge_heads(op, y) if is_flat else y


def _kinds(sections: tuple[int, ...], is_interleaved: bool) -> list[int]:
    """Which kind of position each column takes: in three runs, or by turns as long as a kind has columns left."""
    if not is_interleaved:
        return [kind for kind, count in enumerate(sections) for _ in range(count)]
    return [i % 3 if i < 3 * sections[i % 3] else 0 for i in range(sum(sections))]
