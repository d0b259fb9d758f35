"""Clip, Max and Min: bounds that became inputs, integers, broadcasting."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.comparisons import FLOATS
from onnxcam.exporting.opsets.older_forms.selection import chosen
from onnxcam.exporting.opsets.register import older
from onnxcam.exporting.opsets.writer import Writer
from onnxcam.graph import static_shape


@older("Max", "Min", before=12)
def largest_integer(op: Writer, node: ir.Node) -> Any:
    """Of integers: one or the other by comparing."""
    found, *others = node.inputs
    if op.dtype(found) in FLOATS:
        return op.same(node)
    compare = op.Greater if node.op_type == "Max" else op.Less
    for other in others:
        found = op.Where(compare(found, other), found, other)
    return found


@older("Max", "Min", "Sum", "Mean", before=8)
def same_shape(op: Writer, node: ir.Node) -> Any:
    """Operands broadcast first, by adding zeros of the others' shapes; of two by comparing, a sum by adding."""
    if len({static_shape(v) for v in node.inputs} - {None}) == 1 and all(map(static_shape, node.inputs)):
        return op.same(node)
    first, *others = node.inputs
    if node.op_type in {"Sum", "Mean"}:
        for other in others:
            first = op.Add(first, other)
        return first if node.op_type == "Sum" else op.Div(first, op.number(len(node.inputs), first))
    for other in others:
        is_first = op.Greater(first, other) if node.op_type == "Max" else op.Less(first, other)
        first = chosen(op, is_first, first, other)
    return first


@older("Clip", before=12)
def clip_integers(op: Writer, node: ir.Node) -> Any:
    """Of integers: the larger of the lower bound, then the smaller of the upper."""
    value, low, high = (*node.inputs, None, None)[:3]
    if op.dtype(value) in FLOATS:
        return op.same(node)
    value = op.Where(op.Less(value, low), low, value) if low is not None else value
    return op.Where(op.Greater(value, high), high, value) if high is not None else value


@older("Clip", before=11)
def bounds_as_attributes(op: Writer, node: ir.Node) -> Any:
    """Known bounds as attributes, in float32; others by Max and Min."""
    value, low, high = (*node.inputs, None, None)[:3]
    known = [op.known(bound) for bound in (low, high)]
    is_double = op.dtype(value) == ir.DataType.DOUBLE
    if is_double or any(bound is not None and k is None for bound, k in zip((low, high), known, strict=True)):
        value = op.Max(value, low) if low is not None else value
        return op.Min(value, high) if high is not None else value
    names: dict[str, Any] = {
        name: float(k.reshape(-1)[0]) for name, k in zip(("min", "max"), known, strict=True) if k is not None
    }
    return op.same(node, value, **names)
