"""Forward nodes computed again in the gradient graph: the bodies of functions and of control-flow operators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff import registry
from onnxcam.autodiff.emitter import FLOATS, Emitter
from onnxcam.autodiff.node import ForwardNode

__all__ = ["replay", "replay_graph"]

Known = dict[ir.Value, Any]
NAMES_A_TYPE = frozenset({"to", "dtype", "stash_type"})


def replay(op: Emitter, nodes: Iterable[ir.Node], known: Known, attributes: Mapping[str, ir.Attr]) -> None:
    """Emit copies of `nodes`; every float is computed in the gradient's dtype.

    Args:
        op: Emits them.
        nodes: Sorted, of the meaning that the operators have at the gradient's opset.
        known: What stands for values that the nodes read; those that they make are added. A value that is not in it,
            of an outer graph, is read as it is.
        attributes: What attributes that refer to those of a function stand for.
    """
    for node in nodes:
        inputs = [known.get(v, v) if v is not None else None for v in node.inputs]
        if node.domain:
            known.update(zip(node.outputs, _expanded(op, node, inputs), strict=True))
            continue
        given = {a.name: a for a in (_resolved(a, attributes) for a in node.attributes.values()) if a is not None}
        copied = {name: _copied(op, attribute, known, attributes) for name, attribute in given.items()}
        made = op.emit(node.op_type, inputs, copied, len(node.outputs))
        known.update(zip(node.outputs, (_folded(op, value) for value in made), strict=True))


def replay_graph(op: Emitter, graph: ir.Graph, inputs: Iterable[Any], known: Mapping[ir.Value, Any]) -> list[Any]:
    """Emit the nodes of a sub-graph for given inputs; its outputs."""
    inner: Known = {**known, **dict(zip(graph.inputs, inputs, strict=True))}
    for value in graph.initializers.values():
        if value.const_value is not None and value not in inner:
            inner[value] = op.constant(value.const_value)
    replay(op, graph, inner, {})
    return [inner.get(o, o) for o in graph.outputs]


def _expanded(op: Emitter, node: ir.Node, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a node of another domain, as its expansion computes them in standard operators.

    Raises:
        GradientError: It has none, or that leaves out an output that is read, or it reads the node's own outputs.
    """
    attributes, count = list(node.attributes.values()), len(node.outputs)
    local = [op.local(v) for v in inputs]
    copy = ir.Node(node.domain, node.op_type, local, attributes, num_outputs=count, name=node.name)
    for ours, theirs in zip(copy.outputs, node.outputs, strict=True):
        ours.name = theirs.name
    forward = ForwardNode(copy, 1, op.constants, frozenset(v for v in local if v is not None))
    entry = registry.find(node.domain, node.op_type, 1)
    if entry is None or entry.kind != "expansion" or entry.rule is None:
        raise forward.refusal("it is in a sub-graph, and what it computes is not known in standard operators")
    made = entry.rule(op, forward)
    if any(output.uses() for output in copy.outputs):
        raise forward.refusal("it is in a sub-graph, and is told apart by its own output, which stays there")
    for index in range(len(local)):
        copy.replace_input_with(index, None)
    outputs = list(made) if isinstance(made, (tuple, list)) else [made]
    outputs += [None] * (count - len(outputs))
    for output, value in zip(node.outputs, outputs, strict=False):
        if value is None and (output.uses() or output.is_graph_output()):
            raise forward.refusal(f"what makes its output '{output.name}' is not known in standard operators")
    return outputs[:count]


def _folded(op: Emitter, value: ir.Value) -> ir.Value:
    """An integer that is known without a run as an initializer: inference finds more where it sees sizes."""
    array = None if value.dtype in FLOATS else op.constants.array(value)
    folded: ir.Value = value if array is None else op.local(array)
    return folded


def _resolved(attribute: ir.Attr, attributes: Mapping[str, ir.Attr]) -> ir.Attr | None:
    if not attribute.is_ref():
        return attribute
    found = attributes.get(str(attribute.ref_attr_name))
    return ir.Attr(attribute.name, found.type, found.value) if found is not None else None


def _copied(op: Emitter, attribute: ir.Attr, known: Known, attributes: Mapping[str, ir.Attr]) -> Any:
    """The attribute with its floats in the gradient's dtype, its sub-graph replayed."""
    if attribute.type == ir.AttributeType.GRAPH:
        inner = op.subgraph()
        graph = attribute.as_graph()
        parameters = [inner.parameter_like(v) for v in graph.inputs]
        for output in replay_graph(inner, graph, parameters, known):
            inner.put_out(output)
        return inner.graph
    if attribute.type == ir.AttributeType.TENSOR:
        tensor = attribute.as_tensor()
        return ir.tensor(tensor.numpy().astype(op.dtype.numpy())) if tensor.dtype in FLOATS else tensor
    if attribute.name in NAMES_A_TYPE and attribute.type == ir.AttributeType.INT:
        return op.dtype if ir.DataType(attribute.as_int()) in FLOATS else attribute.as_int()
    return attribute
