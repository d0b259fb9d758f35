"""Sequences and optional values at a model's ends, taken apart into tensors: those can be moved, and weighed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx

Values = Mapping[str, Any]


def unpacked(model: onnx.ModelProto, feeds: Values, expected: Values) -> tuple[onnx.ModelProto, Values, Values]:
    """The model with a tensor `x_0`, `x_1`, … for each element of an input or output x; an empty one stays as it is."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph = copy.graph
    nodes = [n for i in model.graph.input for n in _packing(i, feeds[i.name])]
    nodes += [*model.graph.node]
    nodes += [n for o in model.graph.output for n in _picking(o, expected[o.name])]
    del graph.node[:]
    graph.node.extend(nodes)
    for infos, values in ((graph.input, feeds), (graph.output, expected)):
        made = [i for info in infos for i in _elements(info, values[info.name])]
        del infos[:]
        infos.extend(made)
    return copy, _flat(feeds), _flat(expected)


def _flat(values: Values) -> dict[str, Any]:
    found = {}
    for name, value in values.items():
        found.update({f"{name}_{i}": v for i, v in enumerate(value)} if _is_sequence(value) else {name: value})
    return found


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 0


def _elements(info: onnx.ValueInfoProto, value: Any) -> list[onnx.ValueInfoProto]:
    if not _is_sequence(value):
        return [info]
    types = [onnx.helper.np_dtype_to_tensor_dtype(v.dtype) for v in value]
    return [
        onnx.helper.make_tensor_value_info(f"{info.name}_{i}", t, v.shape)
        for i, (v, t) in enumerate(zip(value, types, strict=True))
    ]


def _packing(info: onnx.ValueInfoProto, value: Any) -> list[onnx.NodeProto]:
    """The nodes that put an input together."""
    if not _is_sequence(value):
        return []
    is_optional = info.type.WhichOneof("value") == "optional_type"
    packed = f"{info.name}_packed" if is_optional else info.name
    nodes = [onnx.helper.make_node("SequenceConstruct", [f"{info.name}_{i}" for i in range(len(value))], [packed])]
    return [*nodes, onnx.helper.make_node("Optional", [packed], [info.name])] if is_optional else nodes


def _picking(info: onnx.ValueInfoProto, value: Any) -> list[onnx.NodeProto]:
    """The nodes that take an output apart."""
    if not _is_sequence(value):
        return []
    nodes, packed = [], info.name
    if info.type.WhichOneof("value") == "optional_type":
        packed = f"{info.name}_packed"
        nodes.append(onnx.helper.make_node("OptionalGetElement", [info.name], [packed]))
    for i in range(len(value)):
        at = f"{info.name}_at_{i}"
        nodes.append(onnx.helper.make_node("Constant", [], [at], value_int=i))
        nodes.append(onnx.helper.make_node("SequenceAt", [packed, at], [f"{info.name}_{i}"]))
    return nodes
