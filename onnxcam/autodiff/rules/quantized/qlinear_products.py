"""Convolutions and matrix products that read quantised values and quantise their result; see `qlinear`.

A bias moves no gradient, and is left out.
"""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, dequantized, requantized
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.quantized.channels_last import channels_first, channels_last
from onnxcam.autodiff.rules.quantized.integer_products import CONV


@expansion("QLinearConv")
@expansion("QLinearConv", domain=MICROSOFT)
def qlinear_conv(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (x ⋆ w + b)/s, the scale of w for all filters or for each."""
    x = channels_first(op, node, dequantized(op, node, 0))
    y = op.Conv(x, dequantized(op, node, 3), **node.given(*CONV))
    return requantized(op, node, channels_last(op, node, y), 6)


@expansion("QLinearMatMul")
def qlinear_matmul(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = a·b/s, the scale of a for all rows or for each, that of b for all columns or for each."""
    return requantized(op, node, op.MatMul(dequantized(op, node, 0, -2), dequantized(op, node, 3, -1)), 6)


@expansion("QGemm", domain=MICROSOFT)
def qgemm(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (α·a·b + c)/s, a and b transposed if asked for; y = α·a·b + c where no scale of y is given."""
    turns = node.given("transA", "transB")
    b = dequantized(op, node, 3, axis=0 if turns.get("transB") else 1)
    product = op.Gemm(dequantized(op, node, 0), b, alpha=node.attribute("alpha", 1.0), **turns)
    return product if node.input(7) is None else requantized(op, node, product, 7)
