"""Shapes: what became an input, what became possible."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("Shape", before=15)
def part_of_a_shape(op: Writer, node: ir.Node) -> Any:
    """A slice of the whole shape."""
    start, end = op.attribute(node, "start") or 0, op.attribute(node, "end")
    whole = op.Shape(node.inputs[0])
    if start == 0 and end is None:
        return whole
    return op.Slice(whole, [start], [np.iinfo(np.int64).max if end is None else end], [0])


@older("Reshape", before=14)
def zeros_copy(op: Writer, node: ir.Node) -> Any:
    """A zero among the sizes copies, where the node says that it means an empty axis; so there may be none."""
    if op.attribute(node, "allowzero"):
        sizes = op.ints(node, 1, "sizes")
        if sizes is None or 0 in sizes:
            raise NoForm("it allows sizes of zero")
    return op.same(node, without=["allowzero"])


@older("Squeeze", "Unsqueeze", before=13)
def axes_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Known axes as an attribute."""
    return op.same(node, node.inputs[0], axes=op.ints(node, 1, "axes"))


@older("Flatten", before=9)
def flatten_of_floats(op: Writer, node: ir.Node) -> Any:
    """Floats only; else a Reshape."""
    if node.inputs[0] is not None and node.inputs[0].dtype in FLOATS:
        return op.same(node)
    axis = op.attribute(node, "axis")
    if axis < 2:
        return op.Reshape(node.inputs[0], [0, -1] if axis == 1 else [1, -1])
    sizes = op.sizes(node.inputs[0])
    return op.Reshape(node.inputs[0], [int(np.prod(sizes[:axis])), int(np.prod(sizes[axis:]))])


@older("Expand", before=8)
def expand_by_tiling(op: Writer, node: ir.Node) -> Any:
    """A Tile: as often as an axis is asked for, once where it asks for one and has more."""
    value, shape = node.inputs[0], node.inputs[1]
    assert value is not None
    length = op.sizes(shape)[0]
    rank = max(length, op.rank(value))
    lead = [1] * (rank - op.rank(value))
    before = op.Concat(np.array(lead, dtype=np.int64), op.Shape(value), axis=0) if lead else op.Shape(value)
    missing = rank - length
    asked = op.Concat(np.ones(missing, dtype=np.int64), shape, axis=0) if missing else shape
    times = op.Div(asked, before)
    is_none = op.Equal(times, np.zeros(rank, dtype=np.int64))
    times = op.Add(times, op.Cast(is_none, to=ir.DataType.INT64))
    return op.Tile(op.Reshape(value, before) if lead else value, times)


@older("ConstantOfShape", before=9)
def constant_by_expanding(op: Writer, node: ir.Node) -> Any:
    """One element, expanded."""
    tensor = op.attribute(node, "value")
    single = np.zeros(1, dtype=np.float32) if tensor is None else tensor.numpy().reshape(1)
    return op.Expand(single, node.inputs[0])


FLOATS = frozenset({ir.DataType.FLOAT, ir.DataType.DOUBLE, ir.DataType.FLOAT16})
