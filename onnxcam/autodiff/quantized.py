"""Quantised values as the real numbers that they stand for, and back: what the rules of quantised operators share."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.graph import is_quantized, quantization_of

__all__ = [
    "MICROSOFT",
    "as_reals",
    "centred",
    "dequantized",
    "of_integers",
    "of_reals",
    "range_of",
    "real",
    "requantized",
    "spread",
]

MICROSOFT = "com.microsoft"

RANGES = {
    ir.DataType.INT2: (-2, 1),
    ir.DataType.UINT2: (0, 3),
    ir.DataType.INT4: (-8, 7),
    ir.DataType.UINT4: (0, 15),
    ir.DataType.INT8: (-128, 127),
    ir.DataType.UINT8: (0, 255),
    ir.DataType.INT16: (-32768, 32767),
    ir.DataType.UINT16: (0, 65535),
    ir.DataType.FLOAT4E2M1: (-6, 6),
    ir.DataType.FLOAT6E2M3: (-7.5, 7.5),
    ir.DataType.FLOAT6E3M2: (-28, 28),
    ir.DataType.FLOAT8E4M3FN: (-448, 448),
    ir.DataType.FLOAT8E4M3FNUZ: (-240, 240),
    ir.DataType.FLOAT8E5M2: (-57344, 57344),
    ir.DataType.FLOAT8E5M2FNUZ: (-57344, 57344),
}
"""The smallest and the largest number of each type that values are quantised to."""


def range_of(node: ForwardNode, y: ir.Value) -> tuple[float, float]:
    """The smallest and the largest number of the type that `y` is quantised to.

    Raises:
        GradientError: Values are quantised to no such type.
    """
    if y.dtype not in RANGES:
        raise node.refusal(f"values quantised to {y.dtype} have no rule")
    return RANGES[y.dtype]


def real(op: Emitter, value: ir.Value) -> Any:
    """A forward value of any type as real numbers; an array where it is constant."""
    array = op.known(value)
    if array is not None:
        return array.astype(op.dtype.numpy())
    local = op.local(value)
    return local if local.dtype == op.dtype else op.Cast(local, to=op.dtype)


def as_reals(op: Emitter, value: ir.Value) -> Any:
    """The real numbers (q - z)·s that a forward value stands for; those of a float as they are."""
    number, found = real(op, value), quantization_of(value) if is_quantized(value) else None
    if found is None:
        return number
    if found.zero_point is not None:
        number = op.Sub(number, spread(op, value, real(op, found.zero_point), found.axis, found.block_size))
    return op.Mul(number, spread(op, value, real(op, found.scale), found.axis, found.block_size))


def spread(op: Emitter, value: ir.Value, parameter: Any, axis: int, block_size: int = 0) -> Any:
    """A scale or zero point, shaped to stand against a forward value of known rank.

    Args:
        op: Emits it, unless it is an array.
        value: What is quantised.
        parameter: One number; one for each position along the axis; one for each block along it; or of any shape that
            stands against the value already.
        axis: Where the parameter has several numbers.
        block_size: Positions that share a number, 0 where the parameter has no blocks.
    """
    assert value.shape is not None
    rank = value.shape.rank()
    axis = axis + rank if axis < 0 else min(axis, rank - 1)  # one number for a vector, whose axis 1 is not there
    if block_size:
        return _repeated(op, value, parameter, axis, block_size)
    given = parameter.ndim if isinstance(parameter, np.ndarray) else parameter.shape.rank()
    if given != 1 or axis < 0 or axis == rank - 1:
        return parameter
    shape = [-1] + [1] * (rank - 1 - axis)
    return parameter.reshape(shape) if isinstance(parameter, np.ndarray) else op.Reshape(parameter, shape)


def centred(op: Emitter, node: ForwardNode, index: int, zero_point: int, axis: int = 0) -> Any:
    """Input `index` less its zero point, which is another input, as real numbers; per tensor or along an axis.

    Returns:
        An array where both are constant.
    """
    value = node.inputs[index]
    assert value is not None
    return _less(op, real(op, value), _parameter(op, node, index, axis, zero_point))


def dequantized(
    op: Emitter, node: ForwardNode, index: int, axis: int = 0, *, scale: int = 1, zero_point: int = 2
) -> Any:
    """(q - z)·s of input `index`; scale and zero point stand that far behind it, and hold per tensor or along an axis.

    Returns:
        An array where all three are constant.
    """
    number = centred(op, node, index, index + zero_point, axis)
    factor = _parameter(op, node, index, axis, index + scale)
    is_known = isinstance(number, np.ndarray) and isinstance(factor, np.ndarray)
    return number * factor if is_known else op.Mul(number, factor)


def requantized(op: Emitter, node: ForwardNode, y: Any, scale: int) -> ir.Value:
    """y/s where the forward's output lies within its type's range; no gradient passes where it lies at either end.

    The forward gives the rounded number alone, so that at an end one that was clipped looks like one that was not. To
    compute it again would cost what the operator costs. The zero point moves no gradient, and is left out.
    """
    output, given = node.outputs[0], node.inputs[scale]
    assert given is not None
    (lowest, highest), number = range_of(node, output), real(op, output)
    is_within = op.And(op.Greater(number, lowest), op.Less(number, highest))
    quantised: ir.Value = op.Where(is_within, op.Div(y, real(op, given)), 0.0)
    return quantised


def of_integers(op: Emitter, value: ir.Value, ct: ir.Value) -> ir.Value:
    """The cotangent of a quantised forward value, from that of the real numbers that it stands for: q̅ = x̅·s."""
    scale = _scale(op, value)
    return ct if scale is None else op.Mul(ct, scale)


def of_reals(op: Emitter, value: ir.Value, ct: ir.Value) -> ir.Value:
    """The cotangent of the real numbers that a quantised forward value stands for, from its own: x̅ = q̅/s."""
    scale = _scale(op, value)
    return ct if scale is None else op.Div(ct, scale)


def _parameter(op: Emitter, node: ForwardNode, index: int, axis: int, at: int) -> Any:
    """The scale or zero point at input `at`, as real numbers shaped to stand against input `index`; None for none."""
    value, given = node.inputs[index], node.input(at)
    if given is None or value is None:
        return None
    node.rank(index)
    return spread(op, value, real(op, given), axis)


def _less(op: Emitter, number: Any, zero_point: Any) -> Any:
    if zero_point is None or (isinstance(zero_point, np.ndarray) and not zero_point.any()):
        return number
    is_known = isinstance(number, np.ndarray) and isinstance(zero_point, np.ndarray)
    return number - zero_point if is_known else op.Sub(number, zero_point)


def _repeated(op: Emitter, value: ir.Value, parameter: Any, axis: int, block_size: int) -> Any:
    """Each number of a blocked parameter at every position of its block."""
    assert value.shape is not None
    size = value.shape[axis]
    if not isinstance(size, int):
        count = op.Gather(op.Shape(value), axis, axis=0)
        return op.Gather(parameter, op.Div(op.Range(0, count, 1), block_size), axis=axis)
    positions = np.arange(size) // block_size
    is_known = isinstance(parameter, np.ndarray)
    return np.take(parameter, positions, axis) if is_known else op.Gather(parameter, positions, axis=axis)


def _scale(op: Emitter, value: ir.Value) -> Any:
    """What the numbers of a forward value are scaled by, shaped to stand against it; None where that is nothing."""
    found = quantization_of(value) if is_quantized(value) else None
    return None if found is None else spread(op, value, real(op, found.scale), found.axis, found.block_size)
