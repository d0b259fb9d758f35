"""Several tensors of a model put together into one, at the end of the graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from onnxcam.graph.constants import Constants
from onnxcam.graph.model import Model

__all__ = ["JOINED", "join"]

JOINED = "scores::joined"
FLAT = "::flat"


def join(model: Model, names: Sequence[str], axis: int | None) -> Model:
    """The model with one more value, `JOINED`: the values of those names behind each other.

    Args:
        model: The model; it is left as it is.
        names: Values of rank 3 and more that differ in the sizes of their positions only.
        axis: The axis along which they are put; None to flatten the positions behind (N, C) first and put those.
    """
    shipped, graph = model.shipped.clone(), model.graph.clone()
    for one in (shipped.graph, graph):
        values = ir.convenience.create_value_mapping(one)
        parts = [values[name] for name in names]
        _append(one, parts, axis)
    return dataclasses.replace(model, shipped=shipped, graph=graph, constants=Constants(graph, model.opset))


def _append(graph: ir.Graph, parts: list[ir.Value], axis: int | None) -> None:
    place = 2 if axis is None else axis
    if axis is None:
        shape = ir.tensor(np.array([0, 0, -1], np.int64), name=f"{JOINED}{FLAT}")
        behind = ir.Value(name=shape.name, const_value=shape, type=ir.TensorType(shape.dtype), shape=ir.Shape([3]))
        graph.register_initializer(behind)
        parts = [_flattened(graph, part, behind) for part in parts]
    node = ir.node("Concat", parts, {"axis": place}, name=JOINED)
    output = node.outputs[0]
    output.name, output.type = JOINED, parts[0].type
    if all(p.shape is not None for p in parts):
        sizes = [p.shape[place] for p in parts if p.shape is not None]
        total = sum(s for s in sizes if isinstance(s, int)) if all(isinstance(s, int) for s in sizes) else None
        first = parts[0].shape
        assert first is not None
        output.shape = ir.Shape([total if i == place else d for i, d in enumerate(first)])
    graph.append(node)


def _flattened(graph: ir.Graph, part: ir.Value, behind: ir.Value) -> ir.Value:
    node = ir.node("Reshape", [part, behind], name=f"{part.name}{FLAT}")
    output = node.outputs[0]
    output.name, output.type = f"{part.name}{FLAT}", part.type
    if part.shape is not None:
        sizes = list(part.shape)[2:]
        flat = (
            int(np.prod([s for s in sizes if isinstance(s, int)])) if all(isinstance(s, int) for s in sizes) else None
        )
        output.shape = ir.Shape([*list(part.shape)[:2], flat])
    graph.append(node)
    return output
