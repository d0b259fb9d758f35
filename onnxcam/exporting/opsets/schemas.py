"""Whether a node says at an older opset what it says at its own, by the schemas of its operator."""

from __future__ import annotations

import onnx
import onnx_ir as ir
from onnx import defs

__all__ = ["misfit", "schema_at", "settle"]


def schema_at(op_type: str, opset: int) -> defs.OpSchema | None:
    """The operator's schema at an opset; None before its first, or after it was withdrawn."""
    try:
        schema = defs.get_schema(op_type, opset)
    except defs.SchemaError:
        return None
    return None if schema.deprecated else schema


def misfit(node: ir.Node, opset: int, dialect: int) -> str | None:
    """Why a node written in the dialect of one opset is none of an older one; None where it is."""
    if _since(node.op_type, opset) == _since(node.op_type, dialect) is not None:
        return None
    old, new = schema_at(node.op_type, opset), schema_at(node.op_type, dialect)
    if old is None:
        first = _first_version(node.op_type)
        return f"it came with opset {first}" if first > opset else "it is not in the standard any more"
    if new is None:
        return None
    if not old.min_input <= len(node.inputs) <= old.max_input:
        return f"it has {len(node.inputs)} inputs"
    if len(node.outputs) > old.max_output:
        return f"it has {len(node.outputs)} outputs"
    return _input_left_out(node, old) or _attribute_unknown(node, old, new) or _type_refused(node, old)


def settle(node: ir.Node, opset: int) -> None:
    """Leave out attributes that an older opset lacks, and date the node."""
    schema = schema_at(node.op_type, opset)
    if schema is not None:
        for name in [n for n in node.attributes if n not in schema.attributes]:
            del node.attributes[name]
    node.version = opset


def _since(op_type: str, opset: int) -> int | None:
    return defs.get_schema(op_type, opset).since_version if defs.has(op_type, opset) else None


def _first_version(op_type: str) -> int:
    versions = [s.since_version for s in defs.get_all_schemas_with_history() if s.name == op_type and not s.domain]
    return min(versions, default=0)


def _input_left_out(node: ir.Node, old: defs.OpSchema) -> str | None:
    for value, formal in zip(node.inputs, old.inputs, strict=False):
        if value is None and formal.option == defs.OpSchema.FormalParameterOption.Single:
            return f"its input {formal.name} is left out"
    return None


def _attribute_unknown(node: ir.Node, old: defs.OpSchema, new: defs.OpSchema) -> str | None:
    """An attribute that the older schema lacks, unless it says what the newer one takes for granted."""
    for name, attribute in node.attributes.items():
        if name in old.attributes:
            continue
        known = new.attributes.get(name)
        given = ir.to_proto(attribute)
        given.ClearField("doc_string")
        if known is None or onnx.helper.get_attribute_value(given) != _value(known):
            return f"it has the attribute {name}"
    missing = [n for n, a in old.attributes.items() if a.required and n not in node.attributes]
    return f"it lacks the attribute {missing[0]}" if missing else None


def _value(attribute: defs.OpSchema.Attribute) -> object:
    default = attribute.default_value
    return onnx.helper.get_attribute_value(default) if default.type else None


def _type_refused(node: ir.Node, old: defs.OpSchema) -> str | None:
    for values, formals in ((node.inputs, old.inputs), (node.outputs, old.outputs)):
        for index, value in enumerate(values):
            if not formals or value is None or value.type is None:
                continue
            allowed = formals[min(index, len(formals) - 1)].types
            if _written(value.type) not in allowed:
                return f"its type {_written(value.type)} came later"
    return None


def _written(kind: ir.TypeProtocol) -> str:
    """A type as schemas write it."""
    if isinstance(kind, ir.SequenceType):
        return f"seq({_written(kind.elem_type)})"
    if isinstance(kind, ir.OptionalType):
        return f"optional({_written(kind.elem_type)})"
    return f"tensor({kind.dtype.name.lower()})"
