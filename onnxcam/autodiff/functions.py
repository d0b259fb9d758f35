"""Operators that the standard defines by a function body: the body, computed in the gradient graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import onnx
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.replay import replay

__all__ = ["has_body", "instantiate"]


Schema = Any  # onnx.defs.OpSchema, whose type stub lacks what is said of functions


@cache
def has_body(domain: str, op_type: str, version: int) -> bool:
    """Whether the standard defines the operator by a function body, fixed or dependent on the node."""
    try:
        schema: Schema = onnx.defs.get_schema(op_type, version, domain)
    except onnx.defs.SchemaError:
        return False
    return bool(schema.has_function or schema.has_context_dependent_function)


def instantiate(op: Emitter, node: ForwardNode) -> tuple[ir.Value | None, ...]:
    """The outputs of the node as its operator's function body computes them.

    Raises:
        GradientError: The standard has no body for inputs of which so little is known.
    """
    schema: Schema = onnx.defs.get_schema(node.node.op_type, op.opset, node.node.domain)
    inputs = [op.local(v) for v in node.inputs]
    body = _body(schema, node.node, inputs, op.opset)
    if not body.node:
        raise node.refusal("the standard defines it by a function that needs the ranks or sizes of its inputs")
    names = list(body.output)
    made = {*body.input, *(o for n in body.node for o in n.output)}  # not the outputs that the node leaves out
    body.output[:] = [name for name in names if name in made]
    function = ir.from_proto(body)
    assert isinstance(function, ir.Function)
    given = [*inputs, *[None] * (len(function.inputs) - len(inputs))]
    known = dict(zip(function.inputs, given, strict=True))
    attributes = {**_defaults(schema), **node.node.attributes}
    replay(op, function, known, attributes)
    outputs = {str(o.name): known[o] for o in function.outputs}
    return tuple(outputs.get(name) for name in names)


def _body(schema: Schema, node: ir.Node, inputs: Sequence[ir.Value | None], opset: int) -> onnx.FunctionProto:
    """The newest body that the opset knows."""
    body = onnx.FunctionProto()
    if schema.has_function:
        version = max(v for v in schema.function_opset_versions if v <= opset)
        body.ParseFromString(schema.get_function_with_opset_version(version))
        return body
    version = max(v for v in schema.context_dependent_function_opset_versions if v <= opset)
    types = [_type(v).SerializeToString() for v in inputs]
    asked = ir.serde.serialize_node(node).SerializeToString()
    body.ParseFromString(schema.get_context_dependent_function_with_opset_version(version, asked, types))
    return body


def _type(value: ir.Value | None) -> onnx.TypeProto:
    if value is None or value.type is None:
        return onnx.TypeProto()
    proto = ir.serde.serialize_type(value.type)
    if value.shape is not None:
        ir.serde.serialize_shape_into(proto, value.shape)
    return proto


def _defaults(schema: Schema) -> dict[str, ir.Attr]:
    """The schema's defaults, which a body refers to by name as it does to the node's attributes."""
    protos = (a.default_value for a in schema.attributes.values())
    return {p.name: ir.serde.deserialize_attribute(p) for p in protos if p.type != onnx.AttributeProto.UNDEFINED}
