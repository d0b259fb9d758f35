"""A model to a file, whole or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import onnx
import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph.map_types import give_map_types
from onnxcam.graph.own_weights import whole_proto

__all__ = ["save"]


def save(model: ir.Model, path: str | Path) -> None:
    """Write `model` to `path`, whole or not at all; weights in external files stay where they are.

    Raises:
        ModelError: The folder is missing or cannot be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    proto = whole_proto(model)
    give_map_types(model, proto)
    _drop_types_of_weights(proto.graph)
    try:
        try:
            onnx.save(proto, temporary, format="protobuf")
            os.replace(temporary, path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ModelError(f"'{path}' cannot be written: {error.strerror}.", path=path) from error


def _drop_types_of_weights(graph: onnx.GraphProto) -> None:
    """Leave out what `onnx_ir` writes of each initializer's type, which the initializer itself says."""
    weights = {weight.name for weight in graph.initializer}
    kept = [info for info in graph.value_info if info.name not in weights]
    del graph.value_info[:]
    graph.value_info.extend(kept)
