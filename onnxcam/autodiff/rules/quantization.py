"""Quantisation: straight through, as quantisation-aware training does it.

A quantised value's cotangent is that of the integer taken as a real number.
Source: Bengio, Léonard, Courville 2013, the straight-through estimator; zero outside the clipping range as in PyTorch's
`fake_quantize`.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

RANGES = {
    ir.DataType.INT4: (-8, 7),
    ir.DataType.UINT4: (0, 15),
    ir.DataType.INT8: (-128, 127),
    ir.DataType.UINT8: (0, 255),
    ir.DataType.INT16: (-32768, 32767),
    ir.DataType.UINT16: (0, 65535),
}


@vjp("QuantizeLinear", since=10)
def quantize_linear(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value]:
    """x̅ = y̅/s where round(x/s) + z lies in the integer's range, else 0."""
    dtype = node.outputs[0].dtype
    if dtype not in RANGES:
        raise node.refusal(f"values quantised to {dtype} have no rule")
    lowest, highest = RANGES[dtype]
    zero = _zero_point(node)
    scale = _along_axis(op, node, node.inputs[1])
    scaled = op.Div(node.inputs[0], scale)
    is_inside = op.And(
        op.GreaterOrEqual(scaled, lowest - 0.5 - zero),
        op.LessOrEqual(scaled, highest + 0.5 - zero),
    )
    return (op.Where(is_inside, op.Div(ct, scale), 0.0),)


@vjp("DequantizeLinear", since=10)
def dequantize_linear(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value]:
    """x̅ = y̅·s."""
    return (op.Mul(ct, _along_axis(op, node, node.inputs[1])),)


def _zero_point(node: ForwardNode) -> NDArray[np.float64]:
    """The zero point, shaped to stand against the input."""
    if node.input(2) is None:
        return np.zeros(())
    zero = node.constant(2)
    if zero is None:
        raise node.refusal("its zero point is computed at run time")
    return zero.astype(np.float64).reshape(_shape(node, zero.ndim))


def _along_axis(op: Emitter, node: ForwardNode, scale: ir.Value | None) -> ir.Value:
    """The scale, shaped to stand against the input."""
    assert scale is not None
    shape = _shape(node, node.rank(1))
    placed: ir.Value = op.Reshape(scale, shape) if shape else scale
    return placed


def _shape(node: ForwardNode, rank: int) -> list[int]:
    """Where a parameter of that rank stands: everywhere (per tensor), or along the axis (per axis)."""
    if rank == 0:
        return []
    if node.attribute("block_size", 0) or rank > 1:
        raise node.refusal("it quantises by blocks")
    shape = [1] * node.rank()
    shape[node.axis(default=1) if node.rank() > 1 else 0] = -1
    return shape
