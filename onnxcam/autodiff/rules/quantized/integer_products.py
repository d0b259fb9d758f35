"""Products of integers less their zero points, summed up in 32 bits: the sums are taken as real numbers."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, centred, dequantized, real
from onnxcam.autodiff.registry import expansion

CONV = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


@expansion("ConvInteger")
def conv_integer(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (x - zₓ) ⋆ (w - z_w), z_w for all filters or for each."""
    return op.Conv(centred(op, node, 0, 2), centred(op, node, 1, 3), **node.given(*CONV))


@expansion("MatMulInteger")
def matmul_integer(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (a - zₐ)·(b - z_b), zₐ for all rows or for each, z_b for all columns or for each."""
    return op.MatMul(centred(op, node, 0, 2, axis=-2), centred(op, node, 1, 3, axis=-1))


@expansion("MatMulInteger16", domain=MICROSOFT)
def matmul_integer_16(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = a·b."""
    a, b = node.inputs
    assert a is not None
    assert b is not None
    return op.MatMul(real(op, a), real(op, b))


@expansion("MulInteger", domain=MICROSOFT)
def mul_integer(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (a - zₐ)·(b - z_b)."""
    return op.Mul(centred(op, node, 0, 1), centred(op, node, 2, 3))


@expansion("ReduceSumInteger", domain=MICROSOFT)
def reduce_sum_integer(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = Σ x over the axes; over all where none are given."""
    x, axes = node.inputs[0], node.axes(None) or range(node.rank())
    assert x is not None
    return op.ReduceSum(real(op, x), list(axes), keepdims=node.attribute("keepdims", 1))


@expansion("MatMulIntegerToFloat", domain=MICROSOFT)
def matmul_integer_to_float(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = (a - zₐ)·sₐ·(b - z_b)·s_b + bias."""
    a = dequantized(op, node, 0, axis=-2, scale=2, zero_point=4)
    return _biased(op, node, op.MatMul(a, dequantized(op, node, 1, axis=-1, scale=2, zero_point=4)), 6)


@expansion("DynamicQuantizeMatMul", domain=MICROSOFT)
def dynamic_quantize_matmul(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = a·(b - z_b)·s_b + bias: a is quantised on the way, in a range that covers it."""
    b = dequantized(op, node, 1, axis=-1)
    return _biased(op, node, op.MatMul(node.inputs[0], b), 4)


def _biased(op: Emitter, node: ForwardNode, product: ir.Value, bias: int) -> ir.Value:
    return product if node.input(bias) is None else op.Add(product, node.input(bias))
