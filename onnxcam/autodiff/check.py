"""A gradient checker: holds gradient models against central differences of the forward model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from onnxcam.autodiff.reverse import reverse
from onnxcam.graph import SHAPE_SUFFIX, Model, expose

__all__ = ["Discrepancy", "Runner", "check_gradient", "pull_back", "run_reference"]

Array = NDArray[Any]
Runner = Callable[[onnx.ModelProto, Mapping[str, Array]], dict[str, Array]]


@dataclasses.dataclass(frozen=True, slots=True)
class Discrepancy:
    """How far the gradient at one input is from differences along random directions.

    Attributes:
        input: Name of the input.
        gradient: Directional derivatives by the gradient model, (directions,).
        difference: The same by central differences, (directions,).
        error: The largest absolute deviation over the largest absolute difference (over 1 if all are smaller).
    """

    input: str
    gradient: NDArray[np.float64]
    difference: NDArray[np.float64]
    error: float


def run_reference(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Run a model on onnx's reference evaluator (numpy): all its outputs by name."""
    names = [o.name for o in model.graph.output]
    return dict(zip(names, ReferenceEvaluator(model).run(None, dict(feeds)), strict=True))


def check_gradient(
    model: Model,
    feeds: Mapping[str, Array],
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    step: float = 1e-6,
    directions: int = 3,
    seed: int = 0,
    run_forward: Runner = run_reference,
    run_gradient: Runner = run_reference,
) -> list[Discrepancy]:
    """Check the gradient of a random weighting of `outputs` at each of `inputs`, one at a time.

    Every input is checked by itself along `directions` random directions: a rule that is wrong for its second input
    passes when only the sum is looked at.

    Args:
        model: Best of element type double, so that differences are exact to about 1e-9.
        feeds: All inputs of the model.
        inputs: Names of the float inputs to differentiate for.
        outputs: Names of the float outputs.
        step: Half the distance of a central difference.
        directions: Number of random directions.
        seed: Of the directions and of the cotangents.
        run_forward: Runs the forward model.
        run_gradient: Runs the gradient model.

    Raises:
        GradientError: As `reverse`.
    """
    rng = np.random.default_rng(seed)
    forward = ir.to_proto(expose(model, outputs))
    base = run_forward(forward, feeds)
    cotangents = {name: rng.standard_normal(base[name].shape) for name in outputs}

    def score(changed: Mapping[str, Array]) -> float:
        results = run_forward(forward, {**feeds, **changed})
        return float(sum(np.sum(cotangents[n] * results[n].astype(np.float64)) for n in outputs))

    found = []
    for name in inputs:
        gradient = pull_back(model, feeds, name, cotangents, run_forward, run_gradient)
        by_model, by_difference = np.zeros(directions), np.zeros(directions)
        for i in range(directions):
            direction = rng.standard_normal(feeds[name].shape)
            moved = (step * direction).astype(feeds[name].dtype)
            by_model[i] = np.sum(gradient.astype(np.float64) * direction)
            by_difference[i] = (score({name: feeds[name] + moved}) - score({name: feeds[name] - moved})) / (2 * step)
        error = np.max(np.abs(by_model - by_difference)) / max(1.0, np.max(np.abs(by_difference)))
        found.append(Discrepancy(name, by_model, by_difference, float(error)))
    return found


def pull_back(
    model: Model,
    feeds: Mapping[str, Array],
    name: str,
    cotangents: Mapping[str, Array],
    run_forward: Runner = run_reference,
    run_gradient: Runner = run_reference,
) -> Array:
    """The cotangent of input `name` for cotangents of the outputs, by their names, through the gradient model.

    Raises:
        GradientError: As `reverse`.
    """
    gradient = reverse(model, [model.value(n) for n in cotangents], [model.value(name)])
    wanted = [r.value for r in gradient.residuals if r.kind == "value"]
    shapes = [r.value for r in gradient.residuals if r.kind == "shape"]
    values = run_forward(ir.to_proto(expose(model, [w for w in wanted if w not in feeds], shapes)), feeds)
    values.update(feeds)
    residuals = {r.name: values[r.value + (SHAPE_SUFFIX if r.kind == "shape" else "")] for r in gradient.residuals}
    proto = ir.to_proto(gradient.model)
    types = {i.name: i.type.tensor_type.elem_type for i in proto.graph.input}
    given = {name: onnx.helper.tensor_dtype_to_np_dtype(types[name]) for name in gradient.cotangents}
    seeds = {i: cotangents[n].astype(given[i]) for i, n in zip(gradient.cotangents, cotangents, strict=True)}
    result: Array = run_gradient(proto, {**residuals, **seeds})[gradient.outputs[0]]
    return result
