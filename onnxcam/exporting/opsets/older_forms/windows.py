"""What is scattered at the places that MaxPool found: windows may overlap, and places meet."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm
from onnxcam.exporting.opsets.writer import Writer
from onnxcam.graph import static_shape

MOST = 16
"""Turns, beyond which no one would want the graph."""
END = int(np.iinfo(np.int64).max)


def is_pooled(indices: ir.Value | None) -> bool:
    """Whether indices are MaxPool's, flattened."""
    return _pool(indices) is not None


def scattered_in_turn(op: Writer, node: ir.Node) -> Any:
    """The sum of several scatters, each of windows that are far enough apart not to overlap."""
    data, indices, updates = node.inputs
    pool = _pool(indices)
    assert pool is not None
    apart = _turns(pool)
    if all(turns == 1 for turns in apart):
        return op.same(node, without=["reduction"])
    if np.prod(apart) > MOST:
        raise NoForm("it sums up what meets in one place")
    places, axes = pool.outputs[1], [2 + i for i in range(len(apart))]
    sizes = static_shape(places)
    spread = op.Reshape(updates, op.Shape(places) if sizes is None else list(sizes))
    total = None
    for start in itertools.product(*map(range, apart)):
        part = (list(start), [END] * len(apart), axes, list(apart))
        taken = (op.Reshape(op.Slice(value, *part), [-1]) for value in (places, spread))
        made = op.ScatterElements(data, *taken, axis=0)
        total = made if total is None else op.Add(total, made)
    return total


def _pool(indices: ir.Value | None) -> ir.Node | None:
    """The MaxPool that found these indices, if they are flattened, and nothing else was done to them."""
    flat = indices.producer() if indices is not None else None
    if flat is None or flat.op_type != "Reshape" or flat.inputs[0] is None or indices is None:
        return None
    node = flat.inputs[0].producer()
    if node is None or node.op_type != "MaxPool":
        return None
    is_flat = indices.shape is not None and indices.shape.rank() == 1
    return node if is_flat and flat.inputs[0] in node.outputs[1:] else None


def _turns(pool: ir.Node) -> list[int]:
    """Along each axis, every how many-eth window overlaps no other."""
    kernel = pool.attributes["kernel_shape"].as_ints()
    ones = [1] * len(kernel)
    strides, dilations = (
        pool.attributes[n].as_ints() if n in pool.attributes else ones for n in ("strides", "dilations")
    )
    return [-(-(d * (k - 1) + 1) // s) for k, s, d in zip(kernel, strides, dilations, strict=True)]
