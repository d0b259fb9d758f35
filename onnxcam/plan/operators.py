"""What operators do to channels and tokens, as far as a choice depends on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import onnx_ir as ir

from onnxcam.graph import Model, static_shape
from onnxcam.space import Tracing
from onnxcam.space.axes import Axes, is_positional
from onnxcam.space.flows import ATTENTION

__all__ = ["CONVOLUTIONS", "is_attention", "joins_mixed", "mixes_channels", "mixes_places", "moved_from", "tokens_read"]

CONVOLUTIONS = frozenset({"Conv", "ConvInteger", "FusedConv", "NhwcConv", "NhwcFusedConv", "QLinearConv"})
TRANSPOSED = frozenset({"ConvTranspose"})
PRODUCTS = frozenset(
    {"Einsum", "FusedGemm", "FusedMatMul", "Gemm", "MatMul", "MatMulInteger", "MatMulIntegerToFloat", "MatMulNBits"}
    | {"QGemm", "QLinearMatMul"}
)
RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
MOVING = frozenset(
    {"Cast", "DequantizeLinear", "Dropout", "Flatten", "Identity", "QuantizeLinear", "Reshape", "Slice", "Split"}
    | {"Squeeze", "Transpose", "Unsqueeze"}
)
"""Operators that give out the numbers that they are given, somewhere else or in another type."""

WEIGHING = frozenset({"Add", "Clip", "Div", "Mul", "Relu", "Sigmoid", "Softmax", "Sub", "Where"})
"""Operators that may stand between the product of queries and keys and that with the values."""

PACKED_INPUTS = {"Attention": 0, "LongformerAttention": 0, "PackedAttention": 0, "QAttention": 0}


def mixes_channels(model: Model, node: ir.Node) -> bool:
    """Whether its outputs are weighted sums over channels with weights of the model's own: features of features."""
    if node.op_type in CONVOLUTIONS | TRANSPOSED:
        return "group" not in node.attributes or node.attributes["group"].as_int() == 1 or _has_groups_of_several(node)
    if node.op_type in PRODUCTS:
        return any(model.constants.is_constant(v) and _is_matrix(v) for v in node.inputs if v is not None)
    return node.op_type in RECURRENT | ATTENTION


def mixes_places(node: ir.Node, tracing: Tracing) -> bool:
    """Whether it mixes what lies at different places as learned, and leaves places: no pooling, no resizing.

    A recurrent layer counts as a part of the head: what it has read is spread over all later steps.
    """
    has_places = any(tracing.has_space(o) for o in node.outputs)
    mixed = any(tracing.mixes(node, v) for v in node.inputs if v is not None)
    return has_places and mixed and node.op_type in CONVOLUTIONS | TRANSPOSED | PRODUCTS | ATTENTION


def joins_mixed(node: ir.Node, tracing: Tracing, behind: Collection[ir.Value]) -> bool:
    """Whether numbers without a position join those of a grid, one for each of its positions, out of `behind`.

    They come from all positions, as in a perceptron over tokens; a gate that all positions share has one for all.
    """
    axes = next((a for o in node.outputs if (a := tracing.axes.get(str(o.name)))), ())
    places = [i - len(axes) for i, a in enumerate(axes) if is_positional(a)]
    return bool(places) and any(
        value in behind and not tracing.has_space(value) and _spans(tracing.shapes.get(str(value.name)), axes, places)
        for value in node.inputs
        if value is not None
    )


def _spans(shape: tuple[int, ...] | None, axes: Axes, places: Sequence[int]) -> bool:
    return shape is not None and all(len(shape) >= -p and shape[p] == len(axes[p]) for p in places)


def is_attention(model: Model, node: ir.Node, tracing: Tracing) -> bool:
    """Whether it sums the values of tokens, weighted by what the input decides."""
    if node.op_type in ATTENTION:
        return any(tracing.mixes(node, v) for v in node.inputs if v is not None)
    if node.op_type not in PRODUCTS or any(model.constants.is_constant(v) for v in node.inputs if v is not None):
        return False
    return any(tracing.mixes(node, v) for v in node.inputs if v is not None)


def tokens_read(model: Model, node: ir.Node, tracing: Tracing) -> ir.Value | None:
    """The tensor that an attention reads its values from, before their projection."""
    if node.op_type in PACKED_INPUTS and node.domain == "com.microsoft":
        return moved_from(node.inputs[PACKED_INPUTS[node.op_type]])
    mixed = [v for v in node.inputs if v is not None and tracing.mixes(node, v)]
    if node.op_type in ATTENTION:
        mixed = [v for v in node.inputs[:3] if v is not None][-1:]
    values = [v for v in mixed if not _is_weight(model, v)] or mixed
    if not values:
        return None
    read = _projected_from(model, tracing, values[-1])
    return moved_from(values[-1]) if read is None else moved_from(read)


def moved_from(value: ir.Value | None) -> ir.Value | None:
    """What holds the same numbers first: before casts, reshapes, shifts and what else only moves them."""
    while value is not None and (node := value.producer()) is not None:
        if node.op_type in MOVING and (node.op_type not in {"Slice", "Split"}):
            value = node.inputs[0]
            continue
        origin = _shifted_from(node)
        if origin is None:
            break
        value = origin
    return value


def _shifted_from(node: ir.Node) -> ir.Value | None:
    """The one tensor whose slices a Concat puts together again, or that is padded with zeros."""
    if node.op_type == "Pad":
        return node.inputs[0]
    if node.op_type != "Concat":
        return None
    origins = {_cut_from(v) for v in node.inputs}
    return origins.pop() if len(origins) == 1 else None


def _cut_from(value: ir.Value | None) -> ir.Value | None:
    node = value.producer() if value is not None else None
    return node.inputs[0] if node is not None and node.op_type in {"Slice", "Split"} else value


def _projected_from(model: Model, tracing: Tracing, value: ir.Value) -> ir.Value | None:
    """The one tensor that is projected to `value`, whatever normalises, pools or moves the result; None if several."""
    waiting, seen, read = [value], {value}, set[ir.Value]()
    while waiting:
        node = waiting.pop().producer()
        if node is None:
            return None
        above = [v for v in node.inputs if v is not None and tracing.has_space(v) and v not in seen]
        if mixes_channels(model, node):
            read.update(above)
            continue
        seen.update(above)
        waiting += above
    return read.pop() if len(read) == 1 else None


def _is_weight(model: Model, value: ir.Value) -> bool:
    """Whether it is a product of what the input decides, of queries and keys, softened or shifted or not."""
    while (node := value.producer()) is not None and node.op_type not in PRODUCTS:
        read = [v for v in node.inputs if v is not None and not model.constants.is_constant(v)]
        if not read or node.op_type not in MOVING | WEIGHING:
            return False
        value = read[0]
    return node is not None and not mixes_channels(model, node)


def _is_matrix(value: ir.Value) -> bool:
    shape = static_shape(value)
    return shape is not None and len(shape) >= 2 and max(shape) > 1


def _has_groups_of_several(node: ir.Node) -> bool:
    weights = static_shape(node.inputs[3 if node.op_type.startswith("QLinear") else 1])
    if weights is None:
        return False
    groups = node.attributes["group"].as_int()
    return (weights[0] // groups if node.op_type in TRANSPOSED else weights[1]) > 1
