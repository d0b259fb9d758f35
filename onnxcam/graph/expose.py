"""The forward model: the shipped file with more outputs, and nothing else changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph.model import Model
from onnxcam.graph.quantized import quantization_of

__all__ = ["OF_EVERY_OPSET", "REAL_SUFFIX", "SHAPE_SUFFIX", "expose", "real_of"]

REAL_SUFFIX = "::real"
SHAPE_SUFFIX = "::shape"
OF_EVERY_OPSET = frozenset({ir.DataType.INT8, ir.DataType.UINT8})


def expose(model: Model, values: Iterable[str] = (), shapes: Iterable[str] = (), reals: Iterable[str] = ()) -> ir.Model:
    """The shipped model with `values` as outputs after its own, in that order, each once.

    For each name in `shapes` a Shape node is added and its result put out as `<name>::shape`, int64. For each in
    `reals`, the real numbers that a quantised value stands for are put out as `<name>::real`, float32.

    Raises:
        ModelError: A name that is no value of the model.
    """
    exposed = model.shipped.clone()
    known = ir.convenience.create_value_mapping(exposed.graph)
    present = {v.name for v in exposed.graph.outputs}
    for name in values:
        if name not in present:
            exposed.graph.outputs.append(_typed(_find(known, name), model.value(name)))
            present.add(name)
    for name in shapes:
        shape = model.value(name).shape
        output = _append(exposed.graph, "Shape", [_find(known, name)], f"{name}{SHAPE_SUFFIX}")
        output.dtype, output.shape = ir.DataType.INT64, ir.Shape([shape.rank() if shape is not None else None])
        exposed.graph.outputs.append(output)
    for name in reals:
        _find(known, name)
        exposed.graph.outputs.append(real_of(exposed.graph, known, model.value(name)))
    return exposed


def _append(graph: ir.Graph, op_type: str, inputs: list[ir.Value | None], name: str, **settings: Any) -> ir.Value:
    """The output, of that name, of a new last node."""
    node = ir.node(op_type, inputs, name=name, **settings)
    node.outputs[0].name = name
    graph.append(node)
    return node.outputs[0]


def real_of(graph: ir.Graph, known: dict[str, ir.Value], value: ir.Value) -> ir.Value:
    """A new value: (q - z)·s in float32; of integers whose scale nothing tells, as they are."""
    quantization, name = quantization_of(value), f"{value.name}{REAL_SUFFIX}"
    source = known[str(value.name)]
    if quantization is not None:
        parameters = [quantization.scale, quantization.zero_point]
        inputs = [source, *(known[str(p.name)] if p is not None else None for p in parameters)]
        form = {"axis": quantization.axis, "block_size": quantization.block_size}
        given = {} if quantization.is_per_tensor else {k: v for k, v in form.items() if v}
        is_standard = graph.opset_imports[""] >= 21 or value.dtype in OF_EVERY_OPSET
        domain = "" if is_standard else "com.microsoft"
        source = _append(graph, "DequantizeLinear", inputs, f"{name}::unrounded", attributes=given, domain=domain)
    output = _append(graph, "Cast", [source], name, attributes={"to": ir.DataType.FLOAT})
    output.dtype = ir.DataType.FLOAT
    if value.shape is not None:
        output.shape = value.shape.copy()
    return output


def _find(known: dict[str, ir.Value], name: str) -> ir.Value:
    if name not in known:
        raise ModelError(f"no value '{name}' in the model as it ships.", value=name)
    return known[name]


def _typed(value: ir.Value, analysed: ir.Value) -> ir.Value:
    """Give an output the type and rank that inference found; a checker asks for both."""
    if value.type is None:
        value.type = analysed.type
    if value.shape is None and analysed.shape is not None:
        value.shape = analysed.shape.copy()
    return value
