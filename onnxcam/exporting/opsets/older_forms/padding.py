"""Pad: its pads were attributes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.comparisons import FLOATS
from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("Pad", before=18)
def pads_of_all_axes(op: Writer, node: ir.Node) -> Any:
    """Known pads of some axes as those of all."""
    value, *given = node.inputs
    if len(given) < 3 or given[2] is None:
        return op.same(node, *node.inputs[:3])
    pads, axes = op.ints(node, 1, "pads"), op.ints(node, 3, "axes")
    both = np.zeros((2, op.rank(value)), dtype=np.int64)
    both[:, np.array(axes)] = np.array(pads).reshape(2, -1)
    return op.same(node, value, both.reshape(-1), given[1])


@older("Pad", before=13)
def pad_truth_values(op: Writer, node: ir.Node) -> Any:
    """Truth values as integers."""
    value, pads, filling = (*node.inputs, None)[:3]
    if op.dtype(value) != ir.DataType.BOOL:
        return op.same(node)
    filled = op.Cast(filling, to=ir.DataType.INT32) if filling is not None else None
    padded = op.same(node, op.Cast(value, to=ir.DataType.INT32), pads, filled)
    return op.Cast(padded, to=ir.DataType.BOOL)


@older("Pad", before=11)
def pads_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Known pads of floats as an attribute, with a known value."""
    value, _, filling = (*node.inputs, None)[:3]
    if op.dtype(value) not in FLOATS:
        raise NoForm("it pads integers")
    known = op.known(filling)
    if filling is not None and known is None:
        raise NoForm("its value is computed")
    given: dict[str, Any] = {"value": float(known.reshape(-1)[0])} if known is not None else {}
    return op.same(node, value, pads=op.ints(node, 1, "pads"), **given)
