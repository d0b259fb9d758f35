"""ScatterElements and ScatterND: what meets in one place, and the older name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.axes import from_the_front
from onnxcam.exporting.opsets.older_forms.indexing import front_indices
from onnxcam.exporting.opsets.older_forms.windows import is_pooled, scattered_in_turn
from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer

LARGEST = 1 << 20
"""Elements of a matrix of zeros and ones that stands for known places."""


@older("ScatterElements", "ScatterND", before=18)
def no_extremes(op: Writer, node: ir.Node) -> Any:
    """Sums and products were all that could meet."""
    if op.attribute(node, "reduction") in {"max", "min"}:
        raise NoForm("it takes the largest or smallest of what meets")
    return op.same(node)


@older("ScatterElements", before=16)
def nothing_meets(op: Writer, node: ir.Node) -> Any:
    """A sum onto zeros: at the places of a pool's windows, in turns of windows that do not overlap."""
    kind = op.attribute(node, "reduction")
    if kind == "none":
        return op.same(node, without=["reduction"])
    if kind != "add" or not is_zero(op, node.inputs[0]) or not is_pooled(node.inputs[1]):
        raise NoForm("it sums up what meets in one place")
    return scattered_in_turn(op, node)


@older("ScatterND", before=16)
def sums_as_product(op: Writer, node: ir.Node) -> Any:
    """A sum onto zeros: where places are known, and some meet, a product of ones where each goes."""
    kind = op.attribute(node, "reduction")
    if kind == "none":
        return op.same(node, without=["reduction"])
    if kind != "add":
        raise NoForm("it multiplies what meets in one place")
    places = _known_places(op, node)
    if len(np.unique(places)) == places.size:
        return op.same(node, without=["reduction"])
    return _product(op, node)


@older("ScatterND", before=11)
def places_as_product(op: Writer, node: ir.Node) -> Any:
    """Onto zeros, at known places: a product of ones where each goes."""
    places = _known_places(op, node)
    if len(np.unique(places)) < places.size:
        raise NoForm("it overwrites what meets in one place")
    return _product(op, node)


@older("ScatterElements", before=11)
def older_name(op: Writer, node: ir.Node) -> Any:
    """Scatter, of indices that count from the front."""
    data, indices, updates = node.inputs
    axis = from_the_front(op.attribute(node, "axis"), op, data)
    return op.Scatter(data, front_indices(op, data, indices, axis), updates, axis=axis)


def _known_places(op: Writer, node: ir.Node) -> Any:
    """The places of known indices, counted through the axes that they name, whose sizes are known too."""
    data, indices = node.inputs[:2]
    known = op.known(indices)
    if known is None:
        raise NoForm("its indices are computed")
    if not is_zero(op, data):
        raise NoForm("it adds to what is there")
    sizes = _indexed_sizes(op, node)
    tuples = known.reshape(-1, known.shape[-1])
    return np.ravel_multi_index(tuple((tuples % sizes).T), sizes)


def _indexed_sizes(op: Writer, node: ir.Node) -> tuple[int, ...]:
    data, indices = node.inputs[:2]
    known = op.known(indices)
    assert known is not None
    assert data is not None
    op.rank(data)
    sizes = list(data.shape or ())[: known.shape[-1]]
    if not all(isinstance(size, int) for size in sizes):
        raise NoForm("a size is unknown")
    return tuple(int(size) for size in sizes if isinstance(size, int))


def _product(op: Writer, node: ir.Node) -> Any:
    data, _, updates = node.inputs
    places, count = _known_places(op, node), math.prod(_indexed_sizes(op, node))
    if places.size * count > LARGEST:
        raise NoForm("it has too many places")
    ones = np.zeros((count, places.size), dtype=op.dtype(updates).numpy())
    ones[places, np.arange(places.size)] = 1
    return op.Reshape(op.MatMul(ones, op.Reshape(updates, [places.size, -1])), op.Shape(data))


def is_zero(op: Writer, value: ir.Value | None) -> bool:
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
    return node.op_type in {"Expand", "Reshape", "Tile", "Identity"} and is_zero(op, node.inputs[0])
