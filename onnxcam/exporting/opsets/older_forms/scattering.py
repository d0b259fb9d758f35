"""ScatterElements and ScatterND: what meets in one place, and the older name."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.axes import from_the_front
from onnxcam.exporting.opsets.older_forms.indexing import front_indices
from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("ScatterElements", "ScatterND", before=18)
def no_extremes(op: Writer, node: ir.Node) -> Any:
    """Sums and products were all that could meet."""
    if op.attribute(node, "reduction") in {"max", "min"}:
        raise NoForm("it takes the largest or smallest of what meets")
    return op.same(node)


@older("ScatterElements", before=16)
def nothing_meets(op: Writer, node: ir.Node) -> Any:
    """A sum onto zeros where no two meet: the indices of windows that do not overlap."""
    kind = op.attribute(node, "reduction")
    data, indices, _ = node.inputs
    if kind == "none":
        return op.same(node, without=["reduction"])
    if kind != "add" or not _is_zero(op, data) or not are_apart(indices):
        raise NoForm("it sums up what meets in one place")
    return op.same(node, without=["reduction"])


@older("ScatterND", before=16)
def no_reduction(op: Writer, node: ir.Node) -> Any:
    """What meets overwrites."""
    if op.attribute(node, "reduction") != "none":
        raise NoForm("it sums up what meets in one place")
    return op.same(node, without=["reduction"])


@older("ScatterElements", before=11)
def older_name(op: Writer, node: ir.Node) -> Any:
    """Scatter, of indices that count from the front."""
    data, indices, updates = node.inputs
    axis = from_the_front(op.attribute(node, "axis"), op, data)
    if op.dialect < 9:
        raise NoForm("Scatter came with opset 9")
    return op.Scatter(data, front_indices(op, data, indices, axis), updates, axis=axis)


def _is_zero(op: Writer, value: ir.Value | None) -> bool:
    """Whether a value is plainly full of zeros."""
    known = op.known(value)
    if known is not None:
        return not np.any(known)
    node = value.producer() if value is not None else None
    if node is None:
        return False
    if node.op_type == "ConstantOfShape":
        filling = op.attribute(node, "value")
        return filling is None or not np.any(filling.numpy())
    return node.op_type in {"Expand", "Reshape", "Tile", "Identity"} and _is_zero(op, node.inputs[0])


def are_apart(indices: ir.Value | None) -> bool:
    """Whether indices are plainly of different places: MaxPool's, of windows that do not overlap."""
    node = indices.producer() if indices is not None else None
    if node is None or indices is None:
        return False
    if node.op_type in {"Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Identity"}:
        return are_apart(node.inputs[0])
    if node.op_type != "MaxPool" or indices is not node.outputs[1]:
        return False
    kernel = node.attributes["kernel_shape"].as_ints()
    ones = [1] * len(kernel)
    strides, dilations = (
        node.attributes[n].as_ints() if n in node.attributes else ones for n in ("strides", "dilations")
    )
    return all(s >= d * (k - 1) + 1 for k, s, d in zip(kernel, strides, dilations, strict=True))
