"""Two graphs put into one file: the shipped model, and what reads its values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx_ir as ir
from onnx_ir.passes import common

from onnxcam.errors import ModelError
from onnxcam.exporting.map_graph import CAM, CAM_CLASS, CAM_TARGET, MapGraph

__all__ = ["join_map"]

PREFIX = "cam/"
OLDEST_IR = 4
"""From this version of the format on an input may have a default."""


def join_map(shipped: ir.Model, added: MapGraph, batch: int | str | None, *, is_choice_required: bool) -> None:
    """Put the nodes behind the model's own, its values in place of their inputs. The model is changed.

    Args:
        shipped: The model, at the opset of `added`.
        added: What reads its values.
        batch: The number of samples, its symbol, or None.
        is_choice_required: Whether `cam_target` must be given in a run.

    Raises:
        ModelError: The model has a value of one of the names already.
    """
    graph, other = shipped.graph, added.model.graph
    known = ir.convenience.create_value_mapping(graph)
    taken = [name for name in (CAM, CAM_CLASS, CAM_TARGET) if name in known]
    if taken:
        raise ModelError(
            f"the model has a value '{taken[0]}' already: it was exported with its maps before. Export the original.",
            value=taken[0],
        )
    if shipped.ir_version < OLDEST_IR:  # there weights are inputs too, and no runtime takes others for them
        common.RemoveInitializersFromInputsPass()(shipped)
        shipped.ir_version = OLDEST_IR
    if added.has_choice:
        _add_choice(graph, other, batch, is_required=is_choice_required)
    _compute_outputs(other)
    _share(graph, other, known)
    read = {r.name: r for r in added.residuals}
    shapes: dict[str, ir.Node] = {}
    for value in list(other.inputs):
        residual = read[str(value.name)]
        source = known[residual.value]
        if residual.kind == "shape":
            shapes[residual.value] = node = ir.node("Shape", [source], name=f"{PREFIX}{residual.value}::shape")
            node.outputs[0].name = node.name
            source = node.outputs[0]
        ir.convenience.replace_all_uses_with(value, source)
    outputs = list(other.outputs)
    other.outputs.clear()
    nodes = list(other)
    other.remove(nodes)
    graph.extend([*shapes.values(), *nodes])
    for node in nodes:
        _rename(node, set(outputs))
    for output in outputs:
        dims = [batch, *list(output.shape or [])[1:]]
        output.shape = ir.Shape(dims)
        graph.outputs.append(output)


def _add_choice(graph: ir.Graph, other: ir.Graph, batch: int | str | None, *, is_required: bool) -> None:
    """The input `cam_target`, with a default of -1 unless it is required."""
    (old,) = [v for v in other.inputs if v.name == CAM_TARGET]
    is_free = not is_required and not isinstance(batch, int)  # by its symbol a runtime would share memory with others
    shape = ir.Shape([None if is_free else batch])
    value = ir.Value(name=CAM_TARGET, type=ir.TensorType(ir.DataType.INT64), shape=shape)
    graph.inputs.append(value)
    if not is_required:
        count = batch if isinstance(batch, int) else 1  # a single number is broadcast
        value.const_value = ir.tensor(np.full(count, -1, np.int64), name=CAM_TARGET)
        graph.register_initializer(value)
    ir.convenience.replace_all_uses_with(old, value)
    other.inputs.remove(old)


def _compute_outputs(other: ir.Graph) -> None:
    """Let a node give each output that is known without a run, as the class of a single sample may be."""
    for place, value in enumerate(other.outputs):
        if value.is_initializer():
            name = str(value.name)
            del other.initializers[name]
            node = ir.node("Identity", [value], name=f"{name}::known")
            node.outputs[0].name, node.outputs[0].type, node.outputs[0].shape = name, value.type, value.shape
            value.name = node.name
            other.register_initializer(value)
            other.append(node)
            other.outputs[place] = node.outputs[0]


def _share(graph: ir.Graph, other: ir.Graph, known: dict[str, ir.Value]) -> None:
    """Move the initializers over; those that the model has stay where they are."""
    for name, value in list(other.initializers.items()):
        own = known.get(name.removesuffix("::value")) if name.endswith("::value") else None
        del other.initializers[name]
        if own is not None:
            ir.convenience.replace_all_uses_with(value, own)
            continue
        value.name = f"{PREFIX}{name}"
        graph.register_initializer(value)


def _rename(node: ir.Node, outputs: set[ir.Value]) -> None:
    """Names that the model cannot have, in sub-graphs too; what inference found of types stays unwritten."""
    node.name = f"{PREFIX}{node.name}"
    for value in node.outputs:
        if value not in outputs:
            value.name = f"{PREFIX}{value.name}"
            value.type, value.shape = None, None
    for inner in _inner(node):
        for one in (*inner.inputs, *inner.initializers.values()):
            one.name = f"{PREFIX}{one.name}"
        for below in inner:
            _rename(below, set())


def _inner(node: ir.Node) -> Iterator[ir.Graph]:
    for attribute in node.attributes.values():
        if attribute.type == ir.AttributeType.GRAPH:
            yield attribute.as_graph()
