"""Comparisons: new ones, and new types of old ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import older
from onnxcam.exporting.opsets.writer import Writer

FLOATS = frozenset({ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16})


@older("GreaterOrEqual", before=12)
def greater_or_equal(op: Writer, node: ir.Node) -> Any:
    """One or the other, since both are false of what is no number."""
    return op.Or(op.Greater(*node.inputs), op.Equal(*node.inputs))


@older("LessOrEqual", before=12)
def less_or_equal(op: Writer, node: ir.Node) -> Any:
    """One or the other, since both are false of what is no number."""
    return op.Or(op.Less(*node.inputs), op.Equal(*node.inputs))


@older("Equal", before=11)
def equal_floats(op: Writer, node: ir.Node) -> Any:
    """Of floats: neither less nor greater, and both numbers."""
    a, b = node.inputs
    if a is None or a.dtype not in FLOATS:
        return op.same(node)
    is_apart = op.Or(op.Less(a, b), op.Greater(a, b))
    return op.Not(op.Or(is_apart, op.Or(op.IsNaN(a), op.IsNaN(b))))


@older("Less", "Greater", before=9)
def ordered_integers(op: Writer, node: ir.Node) -> Any:
    """Integers as doubles, which are exact up to 2^53."""
    a, b = node.inputs
    if a is None or a.dtype in FLOATS:
        return op.same(node)
    return op.same(node, *(op.Cast(v, to=ir.DataType.DOUBLE) for v in (a, b)))


@older("IsInf", before=10)
def beyond_all_floats(op: Writer, node: ir.Node) -> Any:
    """Greater than the greatest number, or less than the least."""
    (value,) = node.inputs
    greatest = float(np.finfo(op.dtype(value).numpy()).max)
    ends = []
    if op.attribute(node, "detect_positive"):
        ends.append(op.Greater(value, op.number(greatest, value)))
    if op.attribute(node, "detect_negative"):
        ends.append(op.Less(value, op.number(-greatest, value)))
    return op.Or(*ends) if len(ends) == 2 else ends[0]


@older("IsNaN", before=9)
def not_a_number(op: Writer, node: ir.Node) -> Any:
    """Not zero, for zero alone is cast to false, and neither less than zero nor greater."""
    (value,) = node.inputs
    zero = op.number(0, value)
    is_ordered = op.Or(op.Less(value, zero), op.Greater(value, zero))
    return op.And(op.Cast(value, to=ir.DataType.BOOL), op.Not(is_ordered))


@older("Sign", before=9)
def sign(op: Writer, node: ir.Node) -> Any:
    """Whether it is above zero less whether it is below."""
    (value,) = node.inputs
    zero = op.number(0, value)
    above, below = op.Greater(value, zero), op.Less(value, zero)
    return op.Sub(*(op.Cast(side, to=op.dtype(value)) for side in (above, below)))
