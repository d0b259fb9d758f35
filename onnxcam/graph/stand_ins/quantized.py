"""Stand-ins for quantised operators: the float operator on the integers, then what gives its result the type."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from onnxcam.graph.stand_ins.register import Sketch, stand_in

WINDOWS = ("auto_pad", "ceil_mode", "dilations", "group", "kernel_shape", "pads", "strides")


@stand_in("QuantizeLinear", "DequantizeLinear")
def linear(sketch: Sketch, node: ir.Node) -> ir.Value:
    """The standard's operator of the same name."""
    return sketch.op(node.op_type, node.inputs)


@stand_in("QLinearAdd", "QLinearMul")
def binary(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Add."""
    return _quantized(sketch, node, sketch.op("Add", [node.inputs[0], node.inputs[3]]), 6)


@stand_in("QLinearLeakyRelu", "QLinearSigmoid", "QLinearSoftmax")
def unary(sketch: Sketch, node: ir.Node) -> ir.Value:
    """The first input."""
    return _quantized(sketch, node, node.inputs[0], 3)


@stand_in("QLinearWhere")
def where(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Where."""
    return _quantized(sketch, node, sketch.op("Where", [node.inputs[i] for i in (0, 1, 4)]), 7)


@stand_in("QLinearConcat")
def concat(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Concat of every third input."""
    return _quantized(sketch, node, sketch.op("Concat", node.inputs[2::3], sketch.attributes("axis")), 0)


@stand_in("QLinearConv")
def convolution(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Conv."""
    x, w = node.inputs[0], node.inputs[3]
    return _quantized(sketch, node, sketch.channels_last(_rank(w), "Conv", [x, w], *WINDOWS), 6)


@stand_in("QLinearAveragePool")
def average_pool(sketch: Sketch, node: ir.Node) -> ir.Value:
    """AveragePool."""
    rank = len(node.attributes["kernel_shape"].as_ints()) + 2
    return _quantized(sketch, node, sketch.channels_last(rank, "AveragePool", node.inputs[:1], *WINDOWS), 3)


@stand_in("QLinearGlobalAveragePool")
def global_average_pool(sketch: Sketch, node: ir.Node) -> ir.Value:
    """GlobalAveragePool."""
    x = node.inputs[0]
    return _quantized(sketch, node, sketch.channels_last(_rank(x), "GlobalAveragePool", [x]), 3)


@stand_in("QLinearReduceMean")
def reduce_mean(sketch: Sketch, node: ir.Node) -> ir.Value:
    """A reduction."""
    return _quantized(sketch, node, _reduced(sketch, node), 3)


@stand_in("QGemm")
def gemm(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Gemm; the result is float without a scale for it."""
    product = sketch.op("Gemm", [node.inputs[0], node.inputs[3]], sketch.attributes("transA", "transB"))
    is_float = len(node.inputs) < 8 or node.inputs[7] is None
    return _like(sketch, product, node.inputs[1]) if is_float else _quantized(sketch, node, product, 7)


@stand_in("MulInteger")
def mul_integer(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Add."""
    return _int32(sketch, sketch.op("Add", [node.inputs[0], node.inputs[2]]))


@stand_in("MatMulInteger16")
def matmul_integer(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul."""
    return _int32(sketch, sketch.op("MatMul", node.inputs[:2]))


@stand_in("ReduceSumInteger")
def reduce_sum_integer(sketch: Sketch, node: ir.Node) -> ir.Value:
    """A reduction."""
    return _int32(sketch, _reduced(sketch, node))


@stand_in("DynamicQuantizeMatMul")
def dynamic_matmul(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul."""
    return sketch.op("MatMul", node.inputs[:2])


@stand_in("MatMulIntegerToFloat")
def matmul_to_float(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul."""
    return _like(sketch, sketch.op("MatMul", node.inputs[:2]), node.inputs[2])


@stand_in("MatMulNBits", "MatMulBnb4")
def packed_matmul(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul with (K, N) weights."""
    sides = [node.attributes[name].as_int() for name in ("K", "N")]
    if "transB" in node.attributes and not node.attributes["transB"].as_int():
        sides.reverse()
    return sketch.op("MatMul", [node.inputs[0], sketch.zeros(*sides)])


@stand_in("GatherBlockQuantized")
def packed_gather(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Gather; bytes hold several numbers along the last axis."""
    data, indices, scales = node.inputs[:3]
    axis = node.attributes["gather_axis"].as_int() if "gather_axis" in node.attributes else 0
    if data is not None and data.dtype == ir.DataType.UINT8 and data.shape is not None:
        bits = node.attributes["bits"].as_int() if "bits" in node.attributes else 4
        *lead, last = data.shape.numpy()
        data = sketch.zeros(*lead, last * 8 // bits)
    return _like(sketch, sketch.op("Gather", [data, indices], {"axis": axis}), scales)


@stand_in("DynamicQuantizeLSTM")
def lstm(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """LSTM."""
    given = sketch.attributes("direction", "hidden_size", "input_forget")
    return sketch.op_multi_out("LSTM", node.inputs[:3], given, num_outputs=len(node.outputs))


@stand_in("QEmbedLayerNormalization")
def embedding(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Gather of words, and a number for each sequence."""
    words = _like(sketch, sketch.op("Gather", [node.inputs[2], node.inputs[0]]), node.inputs[8])
    return words, sketch.reduced(node.inputs[0], [1], keepdims=0)


@stand_in("QAttention")
def attention(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """MatMul with a third of the weights' columns."""
    weight = node.inputs[1]
    if weight is None or weight.shape is None or not weight.shape.is_static():
        return []
    rows, columns = weight.shape.numpy()
    return [_like(sketch, sketch.op("MatMul", [node.inputs[0], sketch.zeros(rows, columns // 3)]), node.inputs[3])]


def _quantized(sketch: Sketch, node: ir.Node, value: ir.Value | None, scale: int) -> ir.Value:
    """`value` in the type of the output's zero point, which stands behind its scale; uint8 without one."""
    return sketch.op("QuantizeLinear", [value, *node.inputs[scale : scale + 2]])


def _like(sketch: Sketch, value: ir.Value, scale: ir.Value | None) -> ir.Value:
    """`value` in the float type of a scale."""
    return sketch.op("DequantizeLinear", [value, scale])


def _int32(sketch: Sketch, value: ir.Value) -> ir.Value:
    return sketch.op("Cast", [value], {"to": ir.DataType.INT32})


def _reduced(sketch: Sketch, node: ir.Node) -> ir.Value:
    axes = node.attributes["axes"].as_ints() if "axes" in node.attributes else None
    keepdims = node.attributes["keepdims"].as_int() if "keepdims" in node.attributes else 1
    return sketch.reduced(node.inputs[0], axes, keepdims=keepdims)


def _rank(value: ir.Value | None) -> int:
    """Of an image or a filter; four dimensions where the file does not say."""
    return value.shape.rank() if value is not None and value.shape is not None else 4
