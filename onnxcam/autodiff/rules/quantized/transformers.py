"""Layers of language models on quantised values: attention and embeddings."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, dequantized, real
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import size_of, up_to
from onnxcam.autodiff.rules.microsoft.fused_attention import over_projections
from onnxcam.autodiff.rules.microsoft.fused_normalization import SKIP_EPSILON


@expansion("QAttention", domain=MICROSOFT)
def qattention(op: Emitter, node: ForwardNode) -> tuple[ir.Value | None, ...]:
    """y = softmax(s·q·kᵀ + mask)·v, (q, k, v) = (x - zₓ)·sₓ·(W - z_w)·s_w + b; then k and v, the past before them."""
    if node.attribute("do_rotary", 0) or node.attribute("past_present_share_buffer", 0):
        raise node.refusal("it rotates queries and keys, or writes into the buffer of the past")
    x = dequantized(op, node, 0, scale=3, zero_point=6)
    weights = dequantized(op, node, 1, axis=-1, scale=3, zero_point=6)
    projected = op.Add(op.MatMul(x, weights), node.inputs[2])
    return over_projections(op, node, projected, node.input(5), node.input(8))


@expansion("QEmbedLayerNormalization", domain=MICROSOFT)
def qembed_layer_normalization(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = LayerNormalization(Σ rows of each token)·γ + β, all of them (q - z)·s; its other output is no float."""
    ids, segments = node.inputs[:2]
    total = op.Add(_rows(op, node, 2, ids), _rows(op, node, 3, up_to(op, size_of(op, ids, 1))))
    if segments is not None:
        total = op.Add(total, _rows(op, node, 4, segments))
    gamma, beta = (dequantized(op, node, i, scale=6, zero_point=11) for i in (5, 6))
    epsilon = node.attribute("epsilon", SKIP_EPSILON)
    normalized: ir.Value = op.LayerNormalization(total, gamma, beta, axis=-1, epsilon=epsilon)
    return normalized


def _rows(op: Emitter, node: ForwardNode, index: int, ids: Any) -> ir.Value:
    """Rows of a quantised table, as real numbers."""
    scale, zero = node.inputs[index + 6], node.inputs[index + 11]
    assert scale is not None
    assert zero is not None
    rows = op.Cast(op.Gather(node.inputs[index], ids), to=op.dtype)
    found: ir.Value = op.Mul(op.Sub(rows, real(op, zero)), real(op, scale))
    return found
