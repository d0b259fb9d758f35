"""Stand-ins for ONNX Runtime's embeddings, of words and of positions, and for batches without padding."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from onnxcam.graph.stand_ins.register import Sketch, stand_in


@stand_in("RotaryEmbedding", "MRotaryEmbedding")
def rotary_embedding(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Identity."""
    return sketch.op("Identity", node.inputs[:1])


@stand_in("GemmaRotaryEmbedding")
def gemma_rotary_embedding(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity, of queries and of keys."""
    return [sketch.op("Identity", [node.inputs[i]]) for i in (1, 3)]


@stand_in("EmbedLayerNormalization")
def embed_layer_normalization(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Gather; a number of each sequence; Gather."""
    ids, words = node.inputs[0], node.inputs[2]
    return [
        sketch.op("Gather", [words, ids]),
        sketch.reduced(ids, [1], keepdims=0),
        sketch.op("Gather", [words, ids]),
    ]


@stand_in("TorchEmbedding")
def torch_embedding(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Gather."""
    return sketch.op("Gather", node.inputs[:2])


@stand_in("GatedRelativePositionBias")
def gated_relative_position_bias(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Add, which broadcasts what it gates to the batch."""
    gate = sketch.reduced(node.inputs[0], [1, 2])
    return sketch.op("Add", [sketch.unsqueezed(gate, 1), node.inputs[2]])


@stand_in("RelativePositionBias")
def relative_position_bias(sketch: Sketch, node: ir.Node) -> ir.Value:
    """ConstantOfShape."""
    table, *lengths = node.inputs
    heads = sketch.op("Gather", [sketch.op("Shape", [table]), sketch.integers(1)])
    sizes = (sketch.op("Cast", [length], {"to": ir.DataType.INT64}) for length in lengths)
    dims = (sketch.op("Reshape", [size, sketch.integers(1)]) for size in sizes)
    return sketch.op("ConstantOfShape", [sketch.op("Concat", [sketch.integers(1), heads, *dims], {"axis": 0})])


@stand_in("RemovePadding")
def remove_padding(sketch: Sketch, node: ir.Node) -> ir.Value:
    """GatherND of any number of tokens."""
    found = sketch.op("NonZero", [sketch.reduced(node.inputs[0], [2], keepdims=0)])
    return sketch.op("GatherND", [node.inputs[0], sketch.op("Transpose", [found], {"perm": [1, 0]})])


@stand_in("RestorePadding")
def restore_padding(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Gather."""
    return sketch.op("Gather", node.inputs[:2])


@stand_in("PackedAttention")
def packed_attention(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul and Split."""
    sizes = node.attributes.get("qkv_hidden_sizes")
    projected = sketch.op("MatMul", node.inputs[:2])
    return sketch.split(projected, -1, sizes.as_ints() if sizes is not None else 3)[2]


@stand_in("PackedMultiHeadAttention")
def packed_multi_head_attention(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Identity of the values."""
    if node.inputs[2] is not None:
        return sketch.op("Identity", [node.inputs[2]])
    values = sketch.split(node.inputs[0], 2, 3)[2]
    return sketch.op("Reshape", [values, sketch.integers(0, -1)])
