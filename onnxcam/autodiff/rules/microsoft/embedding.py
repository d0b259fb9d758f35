"""Rows of tables, by integers: ONNX Runtime's embedding layers."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.attention import size_of, up_to
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN
from onnxcam.autodiff.rules.microsoft.fused_normalization import SKIP_EPSILON


@expansion("EmbedLayerNormalization", domain=DOMAIN)
def embed_layer_normalization(op: Emitter, node: ForwardNode) -> tuple[ir.Value | None, ...]:
    """y = LayerNormalization(s)·γ + β, s the sum of the rows of each token; then an index, no float, and s."""
    ids, segments, words, positions, kinds, gamma, beta, _, places = (node.input(i) for i in range(9))
    row: Any = up_to(op, size_of(op, ids, 1)) if places is None else places
    total = op.Add(op.Gather(words, ids), op.Gather(positions, row))
    if kinds is not None and segments is not None:
        total = op.Add(total, op.Gather(kinds, segments))
    y = op.LayerNormalization(total, gamma, beta, axis=-1, epsilon=node.attribute("epsilon", SKIP_EPSILON))
    return y, None, total


@expansion("TorchEmbedding", domain=DOMAIN)
def torch_embedding(op: Emitter, node: ForwardNode) -> ir.Value:
    """The rows that the indices name; what its other inputs say of training does not change them."""
    return op.Gather(*node.inputs[:2])
