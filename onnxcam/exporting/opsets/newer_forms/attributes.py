"""Attributes that became inputs."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, newer
from onnxcam.exporting.opsets.writer import Writer


def _vector(numbers: Any) -> Any:
    """Integers as an array; None where there are none."""
    return None if numbers is None else np.array(numbers, dtype=np.int64)


@newer("Squeeze", "Unsqueeze", "ReduceSum", since=13)
@newer(
    *("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax"),
    *("ReduceMean", "ReduceMin", "ReduceProd", "ReduceSumSquare"),
    since=18,
)
def axes_as_input(op: Writer, node: ir.Node) -> Any:
    """Axes."""
    return op.same(node, node.inputs[0], _vector(op.attribute(node, "axes")), without=["axes"])


@newer("Split", since=13)
def sizes_as_input(op: Writer, node: ir.Node) -> Any:
    """The sizes of the parts."""
    return op.same(node, node.inputs[0], _vector(op.attribute(node, "split")), without=["split"])


@newer("Split", since=18)
def count_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Parts of equal size are counted."""
    has_sizes = len(node.inputs) > 1 and node.inputs[1] is not None
    return op.same(node) if has_sizes else op.same(node, num_outputs=len(node.outputs))


@newer("Slice", since=10)
def bounds_as_inputs(op: Writer, node: ir.Node) -> Any:
    """Starts, ends and axes."""
    starts, ends, axes = (_vector(op.attribute(node, name)) for name in ("starts", "ends", "axes"))
    return op.same(node, node.inputs[0], starts, ends, axes, without=["starts", "ends", "axes"])


@newer("TopK", since=10)
def number_as_input(op: Writer, node: ir.Node) -> Any:
    """How many values."""
    return op.same(node, node.inputs[0], _vector([op.attribute(node, "k")]), without=["k"])


@newer("Clip", since=11)
def limits_as_inputs(op: Writer, node: ir.Node) -> Any:
    """The bounds that are written down; others are those of float32, which half precision has not."""
    given = [node.attributes[name].as_float() if name in node.attributes else None for name in ("min", "max")]
    low, high = (None if bound is None else op.number(bound, node.inputs[0]) for bound in given)
    return op.same(node, node.inputs[0], low, high, without=["min", "max"])


@newer("Pad", since=11)
def pads_as_input(op: Writer, node: ir.Node) -> Any:
    """The pads, and the value where it is not zero."""
    value, filling = node.inputs[0], op.attribute(node, "value")
    constant = op.number(filling, value) if filling else None
    return op.same(node, value, _vector(op.attribute(node, "pads")), constant, without=["pads", "value"])


@newer("Dropout", since=12)
def ratio_as_input(op: Writer, node: ir.Node) -> Any:
    """The ratio, of which nothing follows where nothing is trained."""
    return op.same(node, without=["ratio"])


@newer("Dropout", since=10)
def mask_of_truth_values(op: Writer, node: ir.Node) -> Any:
    """The mask's type is another."""
    if len(node.outputs) > 1 and node.outputs[1].uses():
        raise NoForm("its mask is read")
    return op.Dropout(node.inputs[0], ratio=op.attribute(node, "ratio"))
