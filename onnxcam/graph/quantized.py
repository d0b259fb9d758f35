"""Quantised values: integers (or floats of 8 bits and fewer) that stand for the real numbers (q - z)·s."""

from __future__ import annotations

import dataclasses

import onnx_ir as ir

__all__ = ["Quantization", "is_quantized", "is_real", "quantization_of", "scaled_product"]

REAL = frozenset({ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16, ir.DataType.BFLOAT16})
NEITHER = frozenset({ir.DataType.BOOL, ir.DataType.STRING, ir.DataType.COMPLEX64, ir.DataType.COMPLEX128}) | frozenset(
    {ir.DataType.INT64, ir.DataType.UINT64}
)

# The input that holds the scale of the output; the zero point, where there is one, stands behind it.
OUTPUT_SCALE = {
    "QGemm": 7,
    "QLinearAdd": 6,
    "QLinearAveragePool": 3,
    "QLinearConcat": 0,
    "QLinearConv": 6,
    "QLinearGlobalAveragePool": 3,
    "QLinearLeakyRelu": 3,
    "QLinearMatMul": 6,
    "QLinearMul": 6,
    "QLinearReduceMean": 3,
    "QLinearSigmoid": 3,
    "QLinearSoftmax": 3,
    "QLinearWhere": 7,
    "QuantizeLinear": 1,
}
# Their results are sums of products of quantised values; a later node scales them.
INTEGER_PRODUCTS = frozenset({"ConvInteger", "MatMulInteger", "MatMulInteger16", "MulInteger", "ReduceSumInteger"})
QUANTIZING = frozenset({*OUTPUT_SCALE, *INTEGER_PRODUCTS, "DynamicQuantizeLinear"})

# Operators that give out the numbers that they are given, so that these keep their scale.
ELEMENTWISE = frozenset({"Clip", "Dropout", "Identity", "Max", "Min", "Relu"})
REARRANGING = frozenset(
    {"Concat", "DepthToSpace", "Expand", "Flatten", "Gather", "GatherElements", "GatherND", "GlobalMaxPool", "MaxPool"}
    | {"NhwcMaxPool", "Pad", "ReduceMax", "ReduceMin", "Reshape", "Resize", "Slice", "SpaceToDepth", "Split", "Squeeze"}
    | {"Tile", "Transpose", "Unsqueeze", "Upsample", "Where"}
)
SUMMING = frozenset({"Add", "Cast", "Neg", "Sub", "Sum"})


@dataclasses.dataclass(frozen=True, slots=True)
class Quantization:
    """What makes real numbers of a quantised value: (q - zero point)·scale.

    Attributes:
        scale: One number, one for each position along `axis`, or one for each block along it.
        zero_point: As `scale`; None for zero.
        axis: As the node that quantises or dequantises has it.
        block_size: Positions along `axis` that share a scale, 0 where none do.
    """

    scale: ir.Value
    zero_point: ir.Value | None
    axis: int = 1
    block_size: int = 0

    @property
    def is_per_tensor(self) -> bool:
        """Whether one scale holds for all."""
        return self.scale.shape is not None and all(d == 1 for d in self.scale.shape)


def is_quantized(value: ir.Value) -> bool:
    """Whether `value` is of a type that real numbers are quantised to, or their products summed up in."""
    return value.dtype is not None and value.dtype not in REAL | NEITHER


def is_real(value: ir.Value | None) -> bool:
    """Whether a gradient flows through `value`: it is a float, or integers that stand for real numbers.

    These are what a quantised operator makes, what moves, picks or adds up such integers, and an input of the graph. An
    unknown type passes for a float.
    """
    if value is None or value.dtype in NEITHER:
        return False
    if value.dtype is None or value.dtype.is_floating_point():
        return True
    node = value.producer()
    if node is None:
        return value.is_graph_input()
    if node.op_type in QUANTIZING:
        return True
    if node.op_type not in ELEMENTWISE | REARRANGING | SUMMING:
        return False
    return any(v is not None and v.dtype is not None and is_quantized(v) and is_real(v) for v in node.inputs)


def quantization_of(value: ir.Value) -> Quantization | None:
    """What a quantised value's maker, or a DequantizeLinear that reads it, says of its scale; None where none does."""
    found = _as_made(value)
    if found is not None:
        return found
    for node in value.consumers():
        if node.op_type == "DequantizeLinear" and node.inputs[0] is value:
            return _parameters(node, 1)
    return None


def scaled_product(value: ir.Value) -> ir.Value | None:
    """The real numbers that a later Mul or DequantizeLinear makes of an integer product; None where none does."""
    node = value.producer()
    if node is None or node.op_type not in INTEGER_PRODUCTS:
        return None
    while len(value.consumers()) == 1:
        (node,) = value.consumers()
        value = node.outputs[0]
        if node.op_type in {"Mul", "DequantizeLinear"} and value.dtype in REAL:
            return value
        if node.op_type not in {"Add", "Cast"}:
            break
    return None


def _as_made(value: ir.Value) -> Quantization | None:
    node = value.producer()
    if node is None:
        return None
    if node.op_type in OUTPUT_SCALE:
        return _parameters(node, OUTPUT_SCALE[node.op_type])
    if node.op_type == "DynamicQuantizeLinear" and value is node.outputs[0]:
        return Quantization(node.outputs[1], node.outputs[2])
    if node.op_type in ELEMENTWISE | REARRANGING:
        carried = node.inputs[1 if node.op_type == "Where" else 0]
        found = _as_made(carried) if carried is not None else None
        return found if found is not None and (node.op_type in ELEMENTWISE or found.is_per_tensor) else None
    return None


def _parameters(node: ir.Node, scale: int) -> Quantization | None:
    """The scale that stands at that input, and the zero point behind it."""
    given = [*node.inputs[scale : scale + 2], None]
    if given[0] is None:
        return None
    if node.op_type not in {"QuantizeLinear", "DequantizeLinear"}:  # these take one scale for all
        return Quantization(given[0], given[1])
    form = ((n, node.attributes[n].as_int()) for n in ("axis", "block_size") if n in node.attributes)
    return Quantization(given[0], given[1], **dict(form))
