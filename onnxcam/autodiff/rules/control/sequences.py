"""Sequences of tensors, whose cotangents are sequences, and optional values, whose cotangents are their elements'."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.bodies import body_of
from onnxcam.autodiff.cotangents import element_type, is_sequence, zeros_like
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion, vjp

Values = tuple[ir.Value | None, ...]


@vjp("SequenceConstruct")
def sequence_construct(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """x̅ᵢ = s̅[i]."""
    return tuple(op.describe(op.SequenceAt(ct, i), like=x) for i, x in enumerate(node.inputs) if x is not None)


@vjp("SequenceAt")
def sequence_at(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """s̅[i] = y̅, 0 elsewhere."""
    sequence = op.local(node.inputs[0])
    zeros = zeros_like(op, sequence)
    i = _from_front(op, node.inputs[1], op.SequenceLength(zeros))
    others = op.describe(op.SequenceErase(zeros, i), like=sequence)
    return op.describe(op.SequenceInsert(others, ct, i), like=sequence)


@vjp("SequenceInsert")
def sequence_insert(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """s̅ = t̅ without its element i, x̅ = t̅[i]."""
    sequence, tensor = map(op.local, node.inputs[:2])
    i = _from_front(op, node.input(2), op.Sub(op.SequenceLength(ct), 1))
    others = op.describe(op.SequenceErase(ct, i), like=sequence)
    return others, op.describe(op.SequenceAt(ct, i), like=tensor)


@vjp("SequenceErase")
def sequence_erase(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """s̅ = t̅ with a zero where the element was taken out."""
    sequence = op.local(node.inputs[0])
    i = _from_front(op, node.input(1), op.SequenceLength(sequence), last=-1)
    taken = op.describe(op.SequenceAt(sequence, i), like=ir.Value(type=ir.TensorType(op.dtype)))
    return op.describe(op.SequenceInsert(ct, zeros_like(op, taken), i), like=sequence)


@vjp("ConcatFromSequence")
def concat_from_sequence(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """s̅ = y̅ cut into the tensors' sizes along the axis, which is a new one if the tensors lack it."""
    sequence, axis = op.local(node.inputs[0]), node.axis(of=node.outputs[0])
    if node.attribute("new_axis"):
        return op.describe(op.SplitToSequence(ct, axis=axis, keepdims=0), like=sequence)
    inner = op.subgraph()
    inner.put_out(inner.Shape(inner.parameter(), start=axis, end=axis + 1))
    sizes = op.SequenceMap(sequence, body=inner.graph)
    sizes.type = ir.SequenceType(ir.TensorType(ir.DataType.INT64))
    return op.describe(op.SplitToSequence(ct, op.ConcatFromSequence(sizes, axis=0), axis=axis), like=sequence)


@vjp("SplitToSequence")
def split_to_sequence(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = the tensors of s̅ side by side."""
    drops_axis = node.input(1) is None and not node.attribute("keepdims")
    x_bar = op.ConcatFromSequence(ct, axis=node.axis(), new_axis=int(drops_axis))
    return op.describe(x_bar, like=op.local(node.inputs[0]))


@expansion("SequenceMap", since=17)
def sequence_map(op: Emitter, node: ForwardNode) -> list[ir.Value]:
    """A Loop over the positions, whose body takes the tensors there and adds what the map's body makes of them."""
    given, body = [op.local(v) for v in node.inputs], body_of(op, node, "body")
    inner = op.subgraph()
    position = inner.parameter(ir.DataType.INT64, ir.Shape([]))
    proceed = inner.parameter(ir.DataType.BOOL, ir.Shape([]))
    made = [inner.parameter_like(op.local(o)) for o in node.outputs]
    tensors = [_element(inner, v, position) if is_sequence(v) else v for v in given]
    results = body.replay(inner, tensors)
    inner.put_out(proceed)
    for sequence, tensor in zip(made, results, strict=True):
        inner.put_out(inner.describe(inner.SequenceInsert(sequence, tensor), like=sequence))
    empty = [op.SequenceEmpty(dtype=element_type(sequence)) for sequence in made]
    read = [op.SequenceLength(given[0]), None, *empty]
    outputs = op.emit("Loop", read, {"body": inner.graph}, len(made))
    return [op.describe(output, like=sequence) for output, sequence in zip(outputs, made, strict=True)]


@vjp("Optional", "OptionalGetElement")
def optional(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅."""
    return ct


def _element(op: Emitter, sequence: ir.Value, i: ir.Value) -> ir.Value:
    """An element of a sequence; its shape is that of all, if they have one."""
    return op.describe(op.SequenceAt(sequence, i), like=ir.Value(type=ir.TensorType(element_type(sequence))))


def _from_front(op: Emitter, position: ir.Value | None, length: ir.Value, *, last: int = 0) -> Any:
    """A position counted from the front, where it may be counted from the end; `length + last` if it is left out."""
    if position is None:
        return op.Add(length, last)
    position = op.Cast(position, to=ir.DataType.INT64)
    return op.Where(op.Less(position, 0), op.Add(position, length), position)
