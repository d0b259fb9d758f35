"""ONNX's own operator cases: one small model each, with inputs and the outputs that it must give."""

from __future__ import annotations

import dataclasses
import functools
import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.backend.test.case.node import collect_testcases

from tests.autodiff.onnx_cases.unpacking import unpacked

Array = NDArray[Any]
EXPANDED = re.compile(r"_expanded(_ver\d+)?$")


@dataclasses.dataclass(frozen=True)
class OnnxCase:
    """One case.

    Attributes:
        name: Its name in the collection, unique.
        op_type: The operator that it is about; that of the case that it expands, if it is a function's body.
        model: As generated, with tensors in place of sequences and optional values at its ends.
        feeds: The inputs of its first data set by name: arrays; [] and None for what is empty altogether.
        expected: The outputs by name.
        parameters: For each input by name, what the operator's schema calls it.
    """

    name: str
    op_type: str
    model: onnx.ModelProto
    feeds: Mapping[str, Any]
    expected: Mapping[str, Any]
    parameters: Mapping[str, str]


@functools.cache
def onnx_cases() -> tuple[OnnxCase, ...]:
    """All cases, collected once a process (4 s); the same ones in every process, since each generator is seeded."""
    with warnings.catch_warnings(action="ignore"):  # numbers that overflow the narrow type that they are cast to
        collected = collect_testcases(None)
    nodes = {c.name: c.model.graph.node[0] for c in collected if not EXPANDED.search(c.name)}
    found = []
    for case in collected:
        assert case.model is not None
        assert case.data_sets is not None
        node = nodes[EXPANDED.sub("", case.name)]
        graph = case.model.graph
        given, expected = (map(as_array, values) for values in case.data_sets[0])
        model, feeds, expected = unpacked(
            _importing_standard(case.model),
            dict(zip((i.name for i in graph.input), given, strict=True)),
            dict(zip((o.name for o in graph.output), expected, strict=False)),
        )
        found.append(
            OnnxCase(
                name=case.name,
                op_type=node.op_type,
                model=model,
                feeds=feeds,
                expected=expected,
                parameters={f: _parameter(node, f) for f in feeds},
            )
        )
    return tuple(found)


def _importing_standard(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with `ai.onnx` among its imports, as every exporter writes it, whether its one node needs it or not."""
    if all(i.domain for i in model.opset_import):
        model.opset_import.append(onnx.helper.make_opsetid("", onnx.defs.onnx_opset_version()))
    return model


def as_array(value: Any) -> Any:
    """A value of a data set as the reference evaluator takes it."""
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    if isinstance(value, list):
        return [as_array(v) for v in value]
    return None if value is None else np.asarray(value)


def _parameter(node: onnx.NodeProto, name: str) -> str:
    """What the schema calls the input that the value `name`, or the sequence of which it is an element, stands for."""
    formal = onnx.defs.get_schema(node.op_type, domain=node.domain).inputs
    places = [i for i, n in enumerate(node.input) if n and n in {name, name.rpartition("_")[0]}]
    return str(formal[min(places[0], len(formal) - 1)].name)
