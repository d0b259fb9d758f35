"""Numeric differences through a shipped file: something is added to its layer, and its score is looked at."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import helper

__all__ = ["DIRECTION", "STEP", "Moved", "add_to_layer", "open_moved", "slopes"]

Array = NDArray[Any]
STEP, DIRECTION, BEFORE = "moved::step", "moved::direction", "moved::before"
ELEMENT_TYPES = {
    "tensor(float)": onnx.TensorProto.FLOAT,
    "tensor(float16)": onnx.TensorProto.FLOAT16,
    "tensor(double)": onnx.TensorProto.DOUBLE,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Moved:
    """A shipped file whose layer has `step`·`direction` added to it.

    Attributes:
        session: ONNX Runtime's.
        feeds: The inputs of the shipped file.
        output: Name of the score tensor.
        dtype: Of the layer.
    """

    session: onnxruntime.InferenceSession
    feeds: Mapping[str, Array]
    output: str
    dtype: np.dtype[Any]

    def scores(self, step: float, direction: Array) -> Array:
        """The score tensor, float64."""
        given = {STEP: np.asarray(step, self.dtype), DIRECTION: direction.astype(self.dtype)}
        (scores,) = self.session.run([self.output], {**self.feeds, **given})
        return np.asarray(scores, dtype=np.float64)


def add_to_layer(model: onnx.ModelProto, layer: str, element_type: int) -> onnx.ModelProto:
    """A copy in which everything that reads `layer` reads it plus step·direction, two inputs more.

    The layer is renamed where it is made, and an Add node gives its name to the sum.
    """
    moved = onnx.ModelProto()
    moved.CopyFrom(model)
    graph = moved.graph
    at = next(i for i, node in enumerate(graph.node) if layer in node.output)
    graph.node[at].output[list(graph.node[at].output).index(layer)] = BEFORE
    graph.node.insert(at + 1, helper.make_node("Mul", [STEP, DIRECTION], ["moved::delta"]))
    graph.node.insert(at + 2, helper.make_node("Add", [BEFORE, "moved::delta"], [layer]))
    graph.input.append(helper.make_tensor_value_info(STEP, element_type, []))
    graph.input.append(helper.make_tensor_value_info(DIRECTION, element_type, None))
    return moved


def open_moved(path: Path, layer: str, output: str, feeds: Mapping[str, Array]) -> Moved:
    """The file at `path`, ready to be run with something added to `layer`."""
    model = onnx.load(path)
    (kind,) = (o.type for o in _open(_with_output(model, layer)).get_outputs() if o.name == layer)
    element_type = ELEMENT_TYPES[kind]
    session = _open(_with_output(add_to_layer(model, layer, element_type), output))
    return Moved(session, feeds, output, helper.tensor_dtype_to_np_dtype(element_type))


def slopes(moved: Moved, direction: Array, weights: Array, steps: Array) -> Array:
    """The derivative of each weighting of the scores along `direction`, (weightings,).

    Central differences at ever smaller steps: large steps cross kinks, small ones drown in rounding. Taken is the step
    whose differences are nearest to those at the steps beside it, over all weightings: by what they say of themselves,
    not by what is expected of them.

    Args:
        moved: The file.
        direction: Of the layer's shape.
        weights: (weightings, *score tensor's shape).
        steps: Falling.
    """
    axes = tuple(range(1, weights.ndim))
    found = np.stack(
        [
            np.sum(weights * (moved.scores(h, direction) - moved.scores(-h, direction)), axis=axes) / (2 * h)
            for h in map(float, steps.astype(moved.dtype))
        ]
    )
    size = np.linalg.norm(found, axis=1)
    change = np.linalg.norm(np.diff(found, axis=0), axis=1) / np.maximum(size[1:] + size[:-1], np.finfo(float).tiny)
    change[size[1:] == 0] = np.inf
    best = 1 + int(np.argmin(np.maximum(change[1:], change[:-1])))
    return np.asarray(found[best])


def _with_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    given = onnx.ModelProto()
    given.CopyFrom(model)
    if name not in {o.name for o in given.graph.output}:
        given.graph.output.append(helper.make_empty_tensor_value_info(name))
    return given


def _open(model: onnx.ModelProto) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
