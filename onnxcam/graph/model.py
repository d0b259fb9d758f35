"""An ONNX file in memory: as it ships, and as it is analysed."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from pathlib import Path

import onnx
import onnx_ir as ir
from google.protobuf.message import DecodeError
from onnx_ir.passes.common import InlinePass, TopologicalSortPass

from onnxcam.errors import ModelError, nearest
from onnxcam.graph.analyse import analyse
from onnxcam.graph.constants import Constants
from onnxcam.graph.external import check_external_data
from onnxcam.graph.map_types import mark_map_types, take_map_types
from onnxcam.graph.own_weights import attach_own_weights, read_without_weights

__all__ = ["OLDEST_OPSET", "Model", "load"]

STANDARD_DOMAINS = frozenset({"", "ai.onnx.ml", "ai.onnx.preview"})
RUNTIME_DOMAINS = frozenset(
    {"ai.onnx.preview.training", "ai.onnx.training", "com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc"}
)
OLDEST_OPSET = 7
"""Oldest version of `ai.onnx` that a model may import."""

# What it logs of a graph that reads what nothing makes is an error here, told in one line.
logging.getLogger("onnx_ir.serde").setLevel(logging.CRITICAL)


@dataclasses.dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    Attributes:
        path: The file it came from.
        shipped: The model as it ships, functions inlined and nothing else changed; `expose` builds the forward model
            from it. Large weights stay where they are, in this file or in external ones, memory-mapped.
        graph: The same graph for analysis: constants are initializers, initializers are no inputs, nodes are sorted,
            types and shapes are inferred. A value has the same name in both. Tensors are shared, not copied.
        opset: Version of `ai.onnx` that the file imports.
        constants: What can be known of values of `graph` without running the model.
    """

    path: Path
    shipped: ir.Model
    graph: ir.Graph
    opset: int
    constants: Constants

    def value(self, name: str) -> ir.Value:
        """The value of `graph` called `name`.

        Raises:
            ModelError: There is none; the nearest names are offered.
        """
        values = ir.convenience.create_value_mapping(self.graph)
        if name not in values:
            raise ModelError(f"no value '{name}' in {self.path.name}.{nearest(name, values)}", value=name)
        return values[name]

    @property
    def is_half(self) -> bool:
        """Whether it has weights in half precision."""
        return any(v.dtype == ir.DataType.FLOAT16 for v in self.graph.initializers.values())

    @property
    def metadata(self) -> dict[str, str]:
        """The model's `metadata_props`: what its exporter wrote into the file."""
        return dict(self.shipped.metadata_props)


def load(path: str | Path) -> Model:
    """Load the ONNX file at `path`; large weights, and those in external files, are mapped, not read.

    Raises:
        ModelError: Not an ONNX model, truncated, older than opset 7, external data missing, too short or outside the
            model's folder, or an operator that only a custom library could run.
    """
    path = Path(path)
    proto, in_file = _read(path)
    map_types = take_map_types(proto)
    try:
        shipped = ir.from_proto(proto)
    except Exception as error:
        raise ModelError(
            f"{path.name} is damaged: {_first_line(error)}. Export it again or copy it anew.", path=path
        ) from error
    attach_own_weights(shipped, in_file, path)
    mark_map_types(shipped, map_types)
    _refuse_dangling(shipped, path)
    TopologicalSortPass()(shipped)
    _name_standard_domain(shipped)
    ir.external_data.set_base_dir(shipped.graph, path.resolve().parent)
    check_external_data(shipped, path)
    opset = shipped.graph.opset_imports.get("", 0)
    if opset < OLDEST_OPSET:
        raise ModelError(
            f"{path.name} uses opset {opset}; onnxcam reads opset {OLDEST_OPSET} and newer. "
            "Upgrade it with onnx.version_converter or export it again.",
            path=path,
            opset=opset,
        )
    if shipped.functions:
        InlinePass()(shipped)
    _refuse_custom_operators(shipped, path)
    graph = analyse(shipped)
    return Model(path=path, shipped=shipped, graph=graph, opset=opset, constants=Constants(graph, opset))


def _read(path: Path) -> tuple[onnx.ModelProto, Mapping[str, tuple[int, int]]]:
    """The model, and where in the file the data of those initializers lies that were left there."""
    if not path.exists():
        raise ModelError(f"no file '{path}'.", path=path)
    if path.is_dir():
        raise ModelError(f"'{path}' is a folder, not an .onnx file.", path=path)
    try:
        proto, in_file = read_without_weights(path) or (
            onnx.load(path, format="protobuf", load_external_data=False),
            dict[str, tuple[int, int]](),
        )
    except (DecodeError, ValueError) as error:
        raise ModelError(
            f"{path.name} is not an ONNX model, or it is truncated: it cannot be decoded. Check the file's size.",
            path=path,
        ) from error
    except OSError as error:
        raise ModelError(f"{path.name} cannot be read: {error.strerror}.", path=path) from error
    if not proto.graph.node or not proto.opset_import:
        raise ModelError(f"{path.name} is not an ONNX model: it holds no graph.", path=path)
    return proto, in_file


def _refuse_dangling(model: ir.Model, path: Path) -> None:
    for node in model.graph.all_nodes():
        for value in node.inputs:
            is_open = value is not None and value.producer() is None
            if value is not None and is_open and not value.is_graph_input() and not value.is_initializer():
                raise ModelError(
                    f"{path.name} is damaged: node '{node.name or node.outputs[0].name}' ({node.op_type}) reads "
                    f"'{value.name}', which nothing makes. Export it again or copy it anew.",
                    path=path,
                    node=node.name,
                    value=value.name,
                )


def _name_standard_domain(model: ir.Model) -> None:
    """Write the standard's domain as `""`; some exporters write its other name, `ai.onnx`."""
    for graph in model.graphs():
        if "ai.onnx" in graph.opset_imports:
            graph.opset_imports[""] = graph.opset_imports.pop("ai.onnx")
        for node in graph:
            if node.domain == "ai.onnx":
                node.domain = ""


def _refuse_custom_operators(model: ir.Model, path: Path) -> None:
    for node in model.graph.all_nodes():
        if node.domain not in STANDARD_DOMAINS | RUNTIME_DOMAINS:
            raise ModelError(
                f"{path.name} needs the custom operator {node.domain}::{node.op_type} at node '{node.name}'. "
                "onnxcam loads no custom-operator library; export the model with standard operators.",
                path=path,
                op_type=node.op_type,
                domain=node.domain,
                node=node.name,
            )


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
