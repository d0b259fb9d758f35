"""Integers computed from constants alone, as initializers: onnx's inference reads sizes and bounds in those only."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.graph.constants import Constants

__all__ = ["with_folded_integers"]

INTEGERS = frozenset({ir.DataType.INT64, ir.DataType.INT32})


def with_folded_integers(model: ir.Model) -> ir.Model:
    """A copy of `model` without the nodes that compute integers from initializers; `model` itself if it has none."""
    constants = Constants(model.graph, model.graph.opset_imports.get("", 1))
    folded: dict[ir.Value, ir.TensorProtocol] = {}
    for node in model.graph:
        if len(node.outputs) == 1 and node.domain == "" and _is_of_integers(node, folded):
            array = constants.array(node.outputs[0])
            if array is not None and ir.DataType.from_numpy(array.dtype) in INTEGERS:
                folded[node.outputs[0]] = ir.tensor(array)
    if not folded:
        return model
    copy = model.clone()
    values = ir.convenience.create_value_mapping(copy.graph)
    for value, tensor in folded.items():
        _replace(copy.graph, values[str(value.name)], tensor)
    return copy


def _is_of_integers(node: ir.Node, folded: dict[ir.Value, ir.TensorProtocol]) -> bool:
    """Whether all that the node reads are integers known without a run."""
    known = [
        v.const_value if v is not None and v not in folded else folded.get(v) for v in node.inputs if v is not None
    ]
    return bool(known) and all(t is not None and t.dtype in INTEGERS for t in known)


def _replace(graph: ir.Graph, value: ir.Value, tensor: ir.TensorProtocol) -> None:
    """An initializer of the same name in place of what the node computes."""
    node, name = value.producer(), str(value.name)
    assert node is not None
    shape = ir.Shape(tensor.shape.numpy())
    constant = ir.Value(name=name, const_value=tensor, type=ir.TensorType(tensor.dtype), shape=shape)
    value.name = f"{name}::computed"
    ir.convenience.replace_all_uses_with(value, constant, replace_graph_outputs=True)
    graph.register_initializer(constant)
    graph.remove(node, safe=True)
