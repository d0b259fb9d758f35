"""Constants, casts and ranges."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer

PLAIN = {"value_float": np.float32, "value_floats": np.float32, "value_int": np.int64, "value_ints": np.int64}


@older("Constant", before=12)
def plain_numbers(op: Writer, node: ir.Node) -> Any:
    """Plain numbers as a tensor."""
    (name,) = node.attributes
    if name == "value":
        return op.same(node)
    if name not in PLAIN:
        raise NoForm(f"it holds a {name}")
    return op.Constant(value=ir.tensor(np.array(node.attributes[name].value, dtype=PLAIN[name])))


@older("CastLike", before=15)
def cast_to_type(op: Writer, node: ir.Node) -> Any:
    """A Cast to the type that the other value has."""
    return op.Cast(node.inputs[0], to=op.dtype(node.inputs[1]))


@older("Range", before=11)
def range_by_counting(op: Writer, node: ir.Node) -> Any:
    """Integers from where they start on: the places of that many ones."""
    start, limit, step = node.inputs
    if op.dtype(start) != ir.DataType.INT64:
        raise NoForm("it is not of int64")
    known = op.known(step)
    if known is None or int(known) != 1:
        raise NoForm("its step is not known to be 1")
    count = op.Reshape(op.Sub(limit, start), [1])
    none = op.number(0, count)
    count = op.Mul(count, op.Cast(op.Greater(count, none), to=ir.DataType.INT64))
    places = op.NonZero(op.ConstantOfShape(count, value=ir.tensor(np.ones(1, dtype=np.int64))))
    return op.Add(op.Reshape(places, [-1]), start)
