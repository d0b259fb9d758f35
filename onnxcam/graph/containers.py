"""Types of sequences and optional values, which `onnx_ir` takes for tensors when it reads what onnx infers."""

from __future__ import annotations

import onnx_ir as ir

__all__ = ["restore_containers"]

OF_SEQUENCES = frozenset(
    {"SequenceConstruct", "SequenceEmpty", "SequenceErase", "SequenceInsert", "SequenceMap", "SplitToSequence"}
)

CONTAINERS = (ir.SequenceType, ir.OptionalType)


def restore_containers(graph: ir.Graph) -> None:
    """Give the values of a sorted graph and its sub-graphs the container types that their operators make.

    What `onnx_ir` holds as the shape of a container is that of the tensors in it.
    """
    for node in graph:
        for attribute in node.attributes.values():
            if attribute.type == ir.AttributeType.GRAPH:
                _enter(node, attribute.as_graph())
        for i, value in enumerate(node.outputs):
            given = node.inputs[0].type if node.inputs and node.inputs[0] is not None else None
            if node.op_type == "Identity" and isinstance(given, CONTAINERS):
                value.type = given
            elif isinstance(value.type, ir.TensorType) and _is_sequence(node, i):
                value.type = ir.SequenceType(value.type)
            elif isinstance(value.type, ir.TensorType) and node.op_type == "Optional":
                value.type = ir.OptionalType(given or value.type)


def _enter(node: ir.Node, graph: ir.Graph) -> None:
    """Tell a body what it is given, and look into it."""
    given = node.inputs if node.op_type == "Loop" else ()
    for parameter, value in zip(graph.inputs, given, strict=False):
        if value is not None and _holds_tensors(value):
            parameter.type = value.type
    restore_containers(graph)


def _is_sequence(node: ir.Node, index: int) -> bool:
    if node.op_type in OF_SEQUENCES:
        return True
    made: ir.Value | None = None
    if node.op_type == "Loop":  # what it begins with may be an optional sequence
        made = node.attributes["body"].as_graph().outputs[1 + index] if 2 + index < len(node.inputs) else None
    elif node.op_type == "If":
        made = node.attributes["then_branch"].as_graph().outputs[index]
    elif node.op_type == "OptionalGetElement":
        given = node.inputs[0].type if node.inputs[0] is not None else None
        return isinstance(given, ir.OptionalType) and isinstance(given.elem_type, ir.SequenceType)
    return made is not None and _holds_tensors(made)


def _holds_tensors(value: ir.Value) -> bool:
    return isinstance(value.type, ir.SequenceType)
