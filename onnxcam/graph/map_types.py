"""Types of outputs that are (sequences of) maps, as ZipMap's: `onnx_ir` has no word for them, a file needs them."""

from __future__ import annotations

import onnx
import onnx_ir as ir

__all__ = ["give_map_types", "mark_map_types", "take_map_types"]

META = "onnxcam.map_type"


def take_map_types(proto: onnx.ModelProto) -> dict[str, onnx.TypeProto]:
    """Clear the types of maps in a model that `onnx_ir` is to read, and return those of outputs by name.

    Nothing else needs one: a value within has the type that its operator gives it.
    """
    taken = {}
    for info in (*proto.graph.output, *proto.graph.value_info):
        kind = info.type
        while kind.WhichOneof("value") in {"sequence_type", "optional_type"}:
            kind = getattr(kind, str(kind.WhichOneof("value"))).elem_type
        if kind.WhichOneof("value") == "map_type":
            taken[info.name] = onnx.TypeProto.FromString(info.type.SerializeToString())
            info.ClearField("type")
    return {output.name: taken[output.name] for output in proto.graph.output if output.name in taken}


def mark_map_types(model: ir.Model, taken: dict[str, onnx.TypeProto]) -> None:
    """Hang the types on the outputs, whose clones have them too."""
    for output in model.graph.outputs:
        if output.name in taken:
            output.meta[META] = taken[output.name]


def give_map_types(model: ir.Model, proto: onnx.ModelProto) -> None:
    """Write the types that hang on the model's outputs into its `proto`."""
    for value, info in zip(model.graph.outputs, proto.graph.output, strict=True):
        if META in value.meta:
            info.type.CopyFrom(value.meta[META])
