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
    return sketch.split(node.inputs[0], -1, 2)[0]


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
    """MatMul; the sum of a column and a row where an operand of unknown rank, taken for a matrix, is turned."""
    operands = [_turned(sketch, node, index) for index in (0, 1)]
    if None not in operands:
        return [sketch.op("MatMul", operands)]
    if sketch.opset < 11 or any(_flag(node, f"transBatch{side}") for side in "AB"):
        return []
    sides = zip(node.inputs, (_flag(node, "transA"), not _flag(node, "transB")), (-1, -2), strict=True)
    lines = [
        sketch.unsqueezed(sketch.reduced(value, [-2 if is_last_kept else -1], keepdims=0), place)
        for value, is_last_kept, place in sides
    ]
    return [sketch.op("Add", lines)]


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
    is_turned, is_batch_turned = (_flag(node, f"trans{what}{side}") for what in ("", "Batch"))
    if value is None or not (is_turned or is_batch_turned):
        return value
    if value.shape is None:
        return None
    order = list(range(value.shape.rank()))
    if len(order) > 1 and is_batch_turned:
        order = [*order[1:-1], 0, order[-1]]
    if len(order) > 1 and is_turned:
        order[-2:] = order[-1], order[-2]
    return sketch.op("Transpose", [value], {"perm": order})


def _flag(node: ir.Node, name: str) -> bool:
    return name in node.attributes and node.attributes[name].as_int() != 0
