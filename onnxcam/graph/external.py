"""External data: weights in files of their own, which must lie below the model's folder."""

from __future__ import annotations

from pathlib import Path

import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph.own_weights import is_own

__all__ = ["check_external_data", "external_tensors"]


def external_tensors(model: ir.Model) -> list[ir.ExternalTensor]:
    """Every tensor of the model, sub-graphs included, whose data lies in another file."""
    found = [value.const_value for graph in model.graphs() for value in graph.initializers.values()]
    for node in model.graph.all_nodes():
        found.extend(a.value for a in node.attributes.values() if a.type == ir.AttributeType.TENSOR)
    return [tensor for tensor in found if isinstance(tensor, ir.ExternalTensor) and not is_own(tensor)]


def check_external_data(model: ir.Model, path: Path) -> None:
    """Refuse files that are missing, too short, or outside the model's folder (models come from strangers).

    Raises:
        ModelError: With `tensor` and `location`.
    """
    folder = path.resolve().parent
    for tensor in external_tensors(model):
        location = str(tensor.location)
        data = (folder / location).resolve()
        facts = {"path": path, "tensor": tensor.name, "location": location}
        if not data.is_relative_to(folder):
            raise ModelError(
                f"{path.name} keeps the weights of '{tensor.name}' outside its own folder, in '{location}'. "
                "onnxcam reads external data only below the model's folder.",
                **facts,
            )
        if not data.is_file():
            raise ModelError(
                f"{path.name} needs its external data file '{location}', which is missing. Put it beside the model.",
                **facts,
            )
        needed = (tensor.offset or 0) + (tensor.length or 0)
        if data.stat().st_size < needed:
            raise ModelError(
                f"{path.name}'s external data file '{location}' is truncated: '{tensor.name}' ends at byte {needed}, "
                f"the file has {data.stat().st_size}. Copy it anew.",
                **facts,
            )
