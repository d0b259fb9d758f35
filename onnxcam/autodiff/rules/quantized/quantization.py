"""Quantisation: straight through, as quantisation-aware training does it; rounding counts as the identity.

A quantised value's cotangent is that of the integer (or the float of few bits) taken as a real number; a hat marks it.
Source: Bengio, Léonard, Courville 2013, the straight-through estimator; zero outside the clipping range as in PyTorch's
`fake_quantize`. A scale that is computed has a cotangent too (Esser et al. 2020, learned step size).
"""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, range_of, real, spread
from onnxcam.autodiff.registry import expansion, vjp


@expansion("QuantizeLinear", since=10)
@expansion("QuantizeLinear", domain=MICROSOFT)
def quantize_linear(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = x/s + z, clipped to the range of y's type; not where that is a float of 8 bits and `saturate` is off."""
    (y,) = node.outputs
    lowest, highest = range_of(node, y)
    quantised = op.Div(_input(op, node, 0), _parameter(op, node, 1))
    if node.input(2) is not None:
        quantised = op.Add(quantised, _parameter(op, node, 2))
    if y.dtype is not None and y.dtype.is_floating_point():
        return op.Clip(quantised, lowest, highest) if node.attribute("saturate", 1) else quantised
    return op.Clip(quantised, lowest - 0.5, highest + 0.5)


@expansion("DequantizeLinear", since=10)
@expansion("DequantizeLinear", domain=MICROSOFT)
def dequantize_linear(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = (x - z)·s."""
    x = _input(op, node, 0)
    centred = x if node.input(2) is None else op.Sub(x, _parameter(op, node, 2))
    return op.Mul(centred, _parameter(op, node, 1))


@vjp("DynamicQuantizeLinear")
def dynamic_quantize_linear(
    op: Emitter, node: ForwardNode, ct: ir.Value | None, ct_scale: ir.Value | None, ct_zero: ir.Value | None
) -> ir.Value | None:
    """x̅ = y̅/s: the range covers x. The scale counts as a constant: what x gains through it, it loses through y.

    But for the rounding, that is. Where y is not differentiated, x̅ = s̅·([x = max] - [x = min])/255, where 0 counts as
    a value of x.
    """
    if ct is not None:
        return op.Div(ct, node.outputs[1])
    return None if ct_scale is None else op.Div(op.Mul(ct_scale, _ends(op, node.inputs[0])), 255.0)


def _ends(op: Emitter, x: ir.Value | None) -> ir.Value:
    """1 at the largest x unless 0 is larger, -1 at the smallest unless 0 is smaller, shared evenly by ties."""
    largest, smallest = op.Max(op.ReduceMax(x), 0.0), op.Min(op.ReduceMin(x), 0.0)
    sides = []
    for end in (largest, smallest):
        is_end = op.Cast(op.Equal(x, end), to=op.dtype)
        sides.append(op.Div(is_end, op.Max(op.ReduceSum(is_end), 1.0)))
    return op.Sub(*sides)


def _input(op: Emitter, node: ForwardNode, index: int) -> Any:
    value = node.inputs[index]
    assert value is not None
    return real(op, value)


def _parameter(op: Emitter, node: ForwardNode, index: int) -> Any:
    """The scale or the zero point, shaped to stand against the first input."""
    node.rank()
    x = node.inputs[0]
    assert x is not None
    return spread(op, x, _input(op, node, index), int(node.attribute("axis", 1)), int(node.attribute("block_size", 0)))
