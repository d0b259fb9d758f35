"""Products of uint8 and int8 that overflow 16 bits where two of them are added.

ONNX Runtime adds them so on x86 processors with AVX2 or AVX-512 and without VNNI.
Source: https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html, on U8S8 and `reduce_range`. Which
operators do, and in which forms, was measured with ONNX Runtime 1.32 on such a processor; tests hold it.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.graph.model import Model

__all__ = ["can_saturate"]

# Operator -> the inputs that hold its activations and its weights. ConvInteger is none of them: its sums are exact.
WEIGHTS_AT = {"MatMulInteger": 1, "MatMulIntegerToFloat": 1, "QAttention": 1} | dict.fromkeys(
    ("QGemm", "QLinearConv", "QLinearMatMul"), 3
)
# Operator -> its weights; it makes uint8 of its float activations itself.
WEIGHTS_OF_FLOATS = {"DynamicQuantizeLSTM": (1, 2), "DynamicQuantizeMatMul": (1,)}
# Operators that ONNX Runtime makes one of the above of, where all around them is quantised in pairs.
FUSED = frozenset({"Conv", "Gemm", "MatMul"})
# Operators that it carries the quantisation through, on the way to that.
MOVING = frozenset({"Dropout", "Identity", "MaxPool", "Pad", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"})
CUTTING = frozenset({"Clip", "Relu"})
BYTES = frozenset({ir.DataType.UINT8, ir.DataType.INT8})

SUMS = np.iinfo(np.int16)
LARGEST_BYTE = 255
HARMLESS = 64
"""Weights of this absolute value and less, as `reduce_range` leaves them, overflow for no activation."""


def can_saturate(model: Model) -> bool:
    """Whether it multiplies uint8 by int8 weights two of which overflow 16 bits, for some activations.

    Weights that only a run knows can. int8 activations are taken for uint8 in pairs of QuantizeLinear and
    DequantizeLinear, as ONNX Runtime makes these of them, but not where an operator reads them.
    """
    return any(_can_overflow(model, weights) for node in model.graph.all_nodes() for weights in _weights(model, node))


def _weights(model: Model, node: ir.Node) -> list[ir.Value]:
    """The int8 weights that `node` multiplies by uint8."""
    found: list[ir.Value | None] = []
    if node.op_type in WEIGHTS_OF_FLOATS:
        found = [node.inputs[at] for at in WEIGHTS_OF_FLOATS[node.op_type]]
    elif node.op_type in WEIGHTS_AT:
        activations, weights = node.inputs[0], node.inputs[WEIGHTS_AT[node.op_type]]
        found = [weights] if activations is not None and activations.dtype != ir.DataType.INT8 else []
    elif node.op_type in FUSED:
        activations, weights = (_stored(v) for v in node.inputs[:2])
        is_fused = activations is not None and activations.dtype in BYTES and model.constants.is_constant(weights)
        # A Conv stays one of floats where its result is not quantised in turn.
        found = [weights] if is_fused and (node.op_type != "Conv" or _is_quantised(node.outputs[0])) else []
    return [v for v in found if v is not None and v.dtype == ir.DataType.INT8 and not _is_depthwise(node, v)]


def _stored(value: ir.Value | None) -> ir.Value | None:
    """What a DequantizeLinear makes `value` of, moved about since or not; None where none does."""
    while value is not None and (node := value.producer()) is not None:
        if node.op_type == "DequantizeLinear":
            return node.inputs[0]
        value = node.inputs[0] if node.op_type in MOVING else None
    return None


def _is_quantised(value: ir.Value) -> bool:
    """Whether a QuantizeLinear, and nothing else, reads `value`, moved about or cut off or not."""
    while len(value.consumers()) == 1 and not value.is_graph_output():
        (node,) = value.consumers()
        if node.op_type == "QuantizeLinear":
            return True
        if node.op_type not in MOVING | CUTTING:
            break
        value = node.outputs[0]
    return False


def _is_depthwise(node: ir.Node, weights: ir.Value) -> bool:
    """Whether it is a convolution of each channel for itself, which ONNX Runtime sums in 32 bits."""
    if node.op_type not in {"Conv", "QLinearConv"} or weights.shape is None:
        return False
    groups = node.attributes["group"].as_int() if "group" in node.attributes else 1
    return weights.shape[:2] == (groups, 1)


def _can_overflow(model: Model, weights: ir.Value) -> bool:
    """Whether some two of the weights can; which are neighbours is for the kernel to say."""
    known = model.constants.array(weights)
    if known is None:
        return True
    if known.size < 2 or (known.max() <= HARMLESS and known.min() >= -HARMLESS):
        return False
    ordered = np.partition(known.ravel(), (1, -2)).astype(np.int64)
    lowest, highest = LARGEST_BYTE * ordered[:2].sum(), LARGEST_BYTE * ordered[-2:].sum()
    return bool(lowest < SUMS.min or highest > SUMS.max)
