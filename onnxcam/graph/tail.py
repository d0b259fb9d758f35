"""The tail of a model: what comes behind a layer, as a model of its own, so that the layer may have other values."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph.constants import RANDOM
from onnxcam.graph.containers import CONTAINERS
from onnxcam.graph.expose import OF_EVERY_OPSET, REAL_SUFFIX, real_of
from onnxcam.graph.model import Model
from onnxcam.graph.quantized import is_quantized, quantization_of
from onnxcam.graph.reach import between, inputs_of, nodes_within

__all__ = ["Tail", "cut_tail"]

AGAIN = "::again"
OLDEST_IR = 4
"""From this version of the format on, an initializer need not be an input."""


@dataclasses.dataclass(frozen=True, slots=True)
class Tail:
    """The nodes between a layer and the score tensor.

    Attributes:
        model: The nodes as they ship. Its inputs are the layer and what crosses the cut, its output the score tensor.
        layer: The input for the layer; of a quantised one the real numbers, which the tail quantises as the model does.
        output: The score tensor; of a quantised one the real numbers.
        crossing: What else of a run the tail reads: values that by-pass the layer, and sizes, by their names in the
            model.
    """

    model: ir.Model
    layer: str
    output: str
    crossing: tuple[str, ...]


def cut_tail(model: Model, layer: str, output: str) -> Tail:
    """Cut the shipped model at a layer.

    What depends on initializers alone is computed again in the tail; nothing else is.

    Raises:
        ModelError: A name that is no value of the model, or a quantised layer whose integers cannot be made again.
    """
    graph = model.shipped.clone().graph
    known = ir.convenience.create_value_mapping(graph)
    for name in (layer, output):
        if name not in known:
            raise ModelError(f"no value '{name}' in the model as it ships.", value=name)
    score = model.value(output)
    end = real_of(graph, known, score) if is_quantized(score) else known[output]
    start = _entry(graph, known, model.value(layer)) if is_quantized(model.value(layer)) else known[layer]
    crossing = _crossing(graph, model, start, end)
    part = ir.convenience.extract(graph, [start, *crossing], [end])
    for value in part.inputs:
        name = str(value.name).removesuffix(REAL_SUFFIX)
        analysed = model.value(name)
        value.type = ir.TensorType(ir.DataType.FLOAT) if value.name != name else value.type or analysed.type
        # Sizes are left open: a file may declare its inner ones for another batch.
        value.shape = ir.Shape([None] * analysed.shape.rank()) if analysed.shape is not None else None
    for value in part.outputs:
        value.type = value.type or score.type
    shipped = model.shipped
    tail = ir.Model(part, ir_version=max(shipped.ir_version, OLDEST_IR), producer_name=shipped.producer_name)
    return Tail(tail, str(start.name), str(end.name), tuple(str(v.name) for v in crossing))


def _crossing(graph: ir.Graph, model: Model, start: ir.Value, end: ir.Value) -> list[ir.Value]:
    """What the nodes from `start` to `end` read that they do not make and that differs between runs, each once.

    In place of a sequence, which no session passes on, what it is made from.
    """
    nodes = between(graph, [start], [end])
    inner = {start, *(o for n in nodes for o in n.outputs)}
    varying, found = _varying(graph), dict[ir.Value, None]()
    pending = [v for n in reversed(nodes) for v in reversed(inputs_of(n))]
    while pending:
        value = pending.pop()
        node = value.producer()
        if value in inner or value not in varying:
            continue
        if node is not None and isinstance(model.value(str(value.name)).type, CONTAINERS):
            inner.update(node.outputs)
            pending.extend(inputs_of(node))
        else:
            found[value] = None
    return list(found)


def _varying(graph: ir.Graph) -> set[ir.Value]:
    """The values that depend on the model's inputs, sizes included, or on chance."""
    found = {v for v in graph.inputs if not v.is_initializer()}
    for node in graph:
        is_random = any(n.op_type in RANDOM for n in (node, *nodes_within(node)))
        if is_random or any(v in found for v in inputs_of(node)):
            found.update(node.outputs)
    return found


def _entry(graph: ir.Graph, known: dict[str, ir.Value], layer: ir.Value) -> ir.Value:
    """A new input for the real numbers of a quantised layer, quantised for all that read the layer."""
    value, node = known[str(layer.name)], known[str(layer.name)].producer()
    real = ir.Value(name=f"{layer.name}{REAL_SUFFIX}", type=ir.TensorType(ir.DataType.FLOAT))
    made = _quantizing(graph, known, layer, real)
    ir.convenience.replace_all_uses_with(value, made[-1].outputs[0])
    graph.inputs.append(real)
    if node is not None:
        graph.insert_after(node, made)
    else:
        graph.insert_before(graph[0], made)
    return real


def _quantizing(graph: ir.Graph, known: dict[str, ir.Value], layer: ir.Value, real: ir.Value) -> list[ir.Node]:
    """The nodes that make the layer's integers of real numbers; their result is that of the last."""
    quantization, name = quantization_of(layer), f"{layer.name}{AGAIN}"
    assert layer.dtype is not None
    if quantization is None:
        return _rounding(graph, real, layer.dtype, name)
    if layer.dtype == ir.DataType.INT32:
        raise ModelError(
            f"the layer '{layer.name}' holds int32 numbers with a scale, to which no operator quantises. "
            "Choose the layer behind it with --layer; onnxcam inspect lists them.",
            layer=layer.name,
        )
    parameters = [p for p in (quantization.scale, quantization.zero_point) if p is not None]
    form = {"axis": quantization.axis, "block_size": quantization.block_size}
    given = {} if quantization.is_per_tensor else {k: v for k, v in form.items() if v}
    is_standard = graph.opset_imports[""] >= 21 or layer.dtype in OF_EVERY_OPSET
    domain = "" if is_standard else "com.microsoft"
    return [_named("QuantizeLinear", [real, *(known[str(p.name)] for p in parameters)], name, given, domain)]


def _rounding(graph: ir.Graph, real: ir.Value, dtype: ir.DataType, name: str) -> list[ir.Node]:
    """As above for integers that stand for themselves."""
    half = ir.Value(name=f"{name}::half", const_value=ir.tensor(np.array(0.5, np.float32), name=f"{name}::half"))
    graph.register_initializer(half)
    raised = _named("Add", [real, half], f"{name}::raised")
    floored = _named("Floor", [raised.outputs[0]], f"{name}::floored")
    return [raised, floored, _named("Cast", [floored.outputs[0]], name, {"to": dtype})]


def _named(
    op_type: str, inputs: list[ir.Value], name: str, attributes: dict[str, Any] | None = None, domain: str = ""
) -> ir.Node:
    node = ir.node(op_type, inputs, attributes or {}, domain=domain, name=name)
    node.outputs[0].name = name
    return node
