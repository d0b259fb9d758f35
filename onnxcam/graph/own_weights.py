"""An ONNX file read without its large weights: they stay in it, and are mapped where they are wanted.

A file's weights are most of it. Read with all else they would be in memory once for the analysis, and once more for
each copy that a runtime is given.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from pathlib import Path

import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError

from onnxcam.errors import ModelError
from onnxcam.graph.wire import Field, delimited, fields

__all__ = ["attach_own_weights", "check_unchanged", "is_own", "own_tensors", "read_without_weights", "whole_proto"]

LARGE = 4096
"""Bytes from which on a weight stays in the file."""

# Field numbers of onnx.proto, which never change: what holds the weights, and their data.
GRAPH, INITIALIZER, NAME, RAW_DATA = 7, 5, 8, 9


class OwnTensor(ir.ExternalTensor):
    """A weight whose data lies in the model's own file.

    Attributes:
        stamp: The file's size and time of change when it was read.
    """

    stamp: tuple[int, int] = (0, 0)


def read_without_weights(path: Path) -> tuple[onnx.ModelProto, dict[str, tuple[int, int]]] | None:
    """The model without the data of its large initializers, and offset and length of each of these, by name.

    None for a file that is not as expected, which may still be read whole.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        if not file.seek(0, 2):
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            try:
                content, spans = _stripped(whole)
                return onnx.ModelProto.FromString(content), spans
            except (IndexError, ValueError, DecodeError):
                return None


def attach_own_weights(model: ir.Model, spans: Mapping[str, tuple[int, int]], path: Path) -> None:
    """Give each initializer that was left in the file its place there."""
    file = path.resolve()
    stamp = _stamp(file)
    for name, (offset, length) in spans.items():
        value = model.graph.initializers[name]
        bare = value.const_value
        assert bare is not None
        shape = ir.Shape(bare.shape.numpy())
        own = OwnTensor(file.name, offset, length, bare.dtype, shape=shape, name=name, base_dir=str(file.parent))
        value.const_value, own.stamp = own, stamp


def is_own(tensor: object) -> bool:
    """Whether it is a weight whose data lies in the model's own file."""
    return isinstance(tensor, OwnTensor)


def own_tensors(model: ir.Model) -> dict[str, OwnTensor]:
    """The weights whose data lies in the file that the model came from, by name."""
    found = {name: value.const_value for name, value in model.graph.initializers.items()}
    return {name: tensor for name, tensor in found.items() if isinstance(tensor, OwnTensor)}


def whole_proto(model: ir.Model) -> onnx.ModelProto:
    """The model as a message that holds its own weights, for where the file that it came from is not at hand."""
    proto, own = ir.to_proto(model), own_tensors(model)
    for weight in proto.graph.initializer:
        if weight.name in own:
            del weight.external_data[:]
            weight.data_location = onnx.TensorProto.DEFAULT
            weight.raw_data = own[weight.name].tobytes()
    return proto


def check_unchanged(model: ir.Model) -> None:
    """Refuse to map weights of a file that is no longer the one that was read.

    Raises:
        ModelError: It was changed or removed.
    """
    for path, stamp in {(Path(one.path), one.stamp) for one in own_tensors(model).values()}:
        try:
            is_same = _stamp(path) == stamp
        except OSError:
            is_same = False
        if not is_same:
            raise ModelError(
                f"{path.name} was changed or removed after it was loaded, and its weights are read from it. Load it "
                "again, and write a new version under another name before moving it there.",
                path=path,
            )


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


def _stripped(whole: mmap.mmap) -> tuple[bytes, dict[str, tuple[int, int]]]:
    spans: dict[str, tuple[int, int]] = {}
    parts: list[bytes] = []
    graphs = 0
    for field in fields(whole, 0, len(whole)):
        if field.number != GRAPH:
            parts.append(whole[field.start : field.end])
            continue
        graphs += 1
        inner = b"".join(_of_graph(whole, field, spans))
        parts.append(delimited(GRAPH, inner))
    if graphs != 1:
        raise ValueError("a model has one graph")
    return b"".join(parts), spans


def _of_graph(whole: mmap.mmap, graph: Field, spans: dict[str, tuple[int, int]]) -> Iterator[bytes]:
    for field in fields(whole, graph.payload, graph.end):
        is_large = field.number == INITIALIZER and field.end - field.payload >= LARGE
        yield _of_tensor(whole, field, spans) if is_large else whole[field.start : field.end]


def _of_tensor(whole: mmap.mmap, tensor: Field, spans: dict[str, tuple[int, int]]) -> bytes:
    parts = list(fields(whole, tensor.payload, tensor.end))
    data = [f for f in parts if f.number == RAW_DATA]
    names = [whole[f.payload : f.end].decode() for f in parts if f.number == NAME]
    if len(data) != 1 or len(names) != 1 or names[0] in spans or data[0].end - data[0].payload < LARGE:
        return whole[tensor.start : tensor.end]
    spans[names[0]] = data[0].payload, data[0].end - data[0].payload
    return delimited(INITIALIZER, b"".join(whole[f.start : f.end] for f in parts if f is not data[0]))
