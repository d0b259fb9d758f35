"""Stand-ins for what ONNX Runtime's optimiser fuses, and for its own float operators."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from onnxcam.graph.stand_ins.register import Sketch, stand_in

WINDOWS = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


@stand_in("BiasAdd", "BiasGelu", "BiasSoftmax", "FastGelu", "GatedAdd", "Gelu", "QuickGelu", "ScaledSiLU")
@stand_in("BranchwiseRMSNorm", "GatedRMSNorm", "GroupNorm", "SkipGroupNorm")
def same(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity, for each output."""
    return [sketch.op("Identity", node.inputs[:1]) for _ in node.outputs]


@stand_in("BiasDropout", "BitmaskBiasDropout", "BitmaskDropout")
def first(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Identity."""
    return sketch.op("Identity", node.inputs[:1])


@stand_in("BiasSplitGelu")
def half(sketch: Sketch, node: ir.Node) -> ir.Value:
    """One part of a Split."""
    given = {"axis": -1} | ({"num_outputs": 2} if sketch.opset >= 18 else {})
    left, _ = sketch.op_multi_out("Split", node.inputs[:1], given, num_outputs=2)
    return left


@stand_in("SwiGLU")
def swiglu(sketch: Sketch, node: ir.Node) -> ir.Value | Sequence[ir.Value]:
    """Identity, or one part of a Split."""
    return (half if len(node.inputs) < 2 or node.inputs[1] is None else first)(sketch, node)


@stand_in("FusedConv")
def conv(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Conv."""
    return sketch.op("Conv", node.inputs[:2], sketch.attributes(*WINDOWS))


@stand_in("NhwcConv", "NhwcFusedConv")
def nhwc_conv(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Conv."""
    weight = node.inputs[1]
    rank = weight.shape.rank() if weight is not None and weight.shape is not None else 4
    return sketch.on_channels_last(rank, "Conv", node.inputs[:2], *WINDOWS)


@stand_in("NhwcMaxPool")
def nhwc_max_pool(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MaxPool."""
    rank = len(node.attributes["kernel_shape"].as_ints()) + 2
    return sketch.on_channels_last(rank, "MaxPool", node.inputs, *WINDOWS, "ceil_mode")


@stand_in("ConvTransposeWithDynamicPads")
def conv_transpose(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """ConvTranspose; none where the run computes the pads."""
    pads = node.inputs[2] if len(node.inputs) > 2 else None
    if pads is not None and pads.const_value is None:
        return []
    settled = {"pads": pads.const_value.numpy().tolist()} if pads is not None and pads.const_value is not None else {}
    names = ("auto_pad", "dilations", "group", "kernel_shape", "output_padding", "strides")
    return [sketch.op("ConvTranspose", node.inputs[:2], sketch.attributes(*names) | settled)]


@stand_in("FusedGemm")
def gemm(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Gemm."""
    return sketch.op("Gemm", node.inputs[:2], sketch.attributes("transA", "transB"))


@stand_in("GemmFastGelu")
def matmul(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul."""
    return sketch.op("MatMul", node.inputs[:2])


@stand_in("FusedMatMul", "FusedMatMulActivation", "TransposeMatMul")
def fused_matmul(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """MatMul; none where an operand of unknown rank is turned."""
    operands = [_turned(sketch, node, index) for index in (0, 1)]
    return [sketch.op("MatMul", operands)] if None not in operands else []


@stand_in("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
def skip_layer_normalization(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity, twice a reduction, Identity."""
    statistics = [sketch.reduced(node.inputs[0], [-1]) for _ in range(2)]
    return [sketch.op("Identity", node.inputs[:1]), *statistics, sketch.op("Identity", node.inputs[:1])]


@stand_in("LayerNormalization", "SimplifiedLayerNormalization", domain="")
def layer_normalization(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity, and reductions where it is known over which axes."""
    x, y = node.inputs[0], sketch.op("Identity", node.inputs[:1])
    axis = node.attributes["axis"].as_int() if "axis" in node.attributes else -1
    if axis >= 0 and (x is None or x.shape is None):
        return [y]
    axes = range(axis, 0 if axis < 0 or x is None or x.shape is None else x.shape.rank())
    return [y, *(sketch.reduced(x, axes) for _ in node.outputs[1:])]


def _turned(sketch: Sketch, node: ir.Node, index: int) -> ir.Value | None:
    """An operand as it enters the product; None where its rank is unknown and it is turned."""
    side, value = "AB"[index], node.inputs[index]
    flags = {name: name in node.attributes and node.attributes[name].as_int() for name in _flags(side)}
    if value is None or not any(flags.values()):
        return value
    if value.shape is None:
        return None
    order = list(range(value.shape.rank()))
    if len(order) > 1 and flags[f"transBatch{side}"]:
        order = [*order[1:-1], 0, order[-1]]
    if len(order) > 1 and flags[f"trans{side}"]:
        order[-2:] = order[-1], order[-2]
    return sketch.op("Transpose", [value], {"perm": order})


def _flags(side: str) -> tuple[str, str]:
    return f"trans{side}", f"transBatch{side}"
