"""The forward model: the shipped file with more outputs, and nothing else changed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import onnx
import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.graph.model import Model

__all__ = ["SHAPE_SUFFIX", "expose", "save"]

SHAPE_SUFFIX = "::shape"


def expose(model: Model, values: Iterable[str] = (), shapes: Iterable[str] = ()) -> ir.Model:
    """The shipped model with `values` as outputs after its own, in that order, each once.

    For each name in `shapes` a Shape node is added and its result put out as `<name>::shape`, int64.

    Raises:
        ModelError: A name that is no value of the model.
    """
    exposed = model.shipped.clone()
    known = ir.convenience.create_value_mapping(exposed.graph)
    present = {v.name for v in exposed.graph.outputs}
    for name in values:
        if name not in present:
            exposed.graph.outputs.append(_typed(_find(known, name), model.value(name)))
            present.add(name)
    for name in shapes:
        node = ir.node("Shape", [_find(known, name)], name=f"{name}{SHAPE_SUFFIX}")
        output = node.outputs[0]
        output.name, output.dtype = f"{name}{SHAPE_SUFFIX}", ir.DataType.INT64
        shape = model.value(name).shape
        output.shape = ir.Shape([shape.rank() if shape is not None else None])
        exposed.graph.append(node)
        exposed.graph.outputs.append(output)
    return exposed


def save(model: ir.Model, path: str | Path) -> None:
    """Write `model` to `path`, whole or not at all; weights in external files stay where they are.

    Raises:
        ModelError: The folder is missing or cannot be written to.
    """
    path = Path(path)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        try:
            onnx.save(ir.to_proto(model), temporary, format="protobuf")
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ModelError(f"'{path}' cannot be written: {error.strerror}.", path=path) from error


def _find(known: dict[str, ir.Value], name: str) -> ir.Value:
    if name not in known:
        raise ModelError(f"no value '{name}' in the model as it ships.", value=name)
    return known[name]


def _typed(value: ir.Value, analysed: ir.Value) -> ir.Value:
    """Give an output the type and rank that inference found; a checker asks for both."""
    if value.type is None:
        value.type = analysed.type
    if value.shape is None and analysed.shape is not None:
        value.shape = analysed.shape.copy()
    return value
