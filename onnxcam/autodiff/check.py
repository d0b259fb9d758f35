"""A gradient checker: holds gradient models against differences of the forward model."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from onnxcam.autodiff.reverse import reverse
from onnxcam.graph import SHAPE_SUFFIX, Model, expose, whole_proto

__all__ = [
    "Differences",
    "Discrepancy",
    "Runner",
    "Score",
    "check_gradient",
    "pull_back",
    "pull_back_all",
    "run_reference",
]

Array = NDArray[Any]
Runner = Callable[[onnx.ModelProto, Mapping[str, Any]], dict[str, Any]]


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


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """A random weighting of a model's outputs, as a function of its inputs.

    Attributes:
        forward: The model, with the outputs.
        feeds: All inputs.
        run: Runs the model.
        cotangents: The weights by output; zero where the output is not finite.
        value: The score at `feeds`.
        magnitude: The sum of its terms' absolute values, from which rounding errors can be told.
    """

    forward: onnx.ModelProto
    feeds: Mapping[str, Any]
    run: Runner
    cotangents: Mapping[str, Array]
    value: float
    magnitude: float

    @classmethod
    def of(
        cls, model: Model, feeds: Mapping[str, Any], outputs: Sequence[str], rng: np.random.Generator, run: Runner
    ) -> Score:
        """Draw the weights of `outputs`."""
        forward = whole_proto(expose(model, outputs))
        base = run(forward, feeds)
        cotangents = {n: np.where(np.isfinite(base[n]), rng.standard_normal(base[n].shape), 0) for n in outputs}
        terms = _weighted(base, cotangents)
        return cls(forward, feeds, run, cotangents, float(np.sum(terms)), float(np.sum(np.abs(terms))))

    def at(self, name: str, value: Array) -> float:
        """The score with another value for one input; NaN where an output changes its shape."""
        results = self.run(self.forward, {**self.feeds, name: value})
        if any(results[n].shape != ct.shape for n, ct in self.cotangents.items()):
            return np.nan
        return float(np.sum(_weighted(results, self.cotangents)))


def _weighted(outputs: Mapping[str, Array], cotangents: Mapping[str, Array]) -> NDArray[np.float64]:
    terms = [np.where(ct == 0, 0, outputs[n]).astype(np.float64) * ct for n, ct in cotangents.items()]
    return np.concatenate([t.reshape(-1) for t in terms])


@dataclasses.dataclass(frozen=True, slots=True)
class Differences:
    """Slopes of a score along random directions of one input, from its values alone.

    Attributes:
        input: Name of the input.
        directions: Zero where the input is not finite and so cannot be moved.
        central: Slopes by central differences, (directions,).
        step: Half their distance.
    """

    input: str
    directions: tuple[Array, ...]
    central: NDArray[np.float64]
    step: float

    @classmethod
    def of(cls, score: Score, name: str, rng: np.random.Generator, step: float, directions: int = 3) -> Differences:
        """Draw the directions and take the differences."""
        x = score.feeds[name]
        drawn = [np.where(np.isfinite(x), rng.standard_normal(x.shape), 0) for _ in range(directions)]
        return cls(name, tuple(drawn), np.array([_slope(score, name, d, step) for d in drawn]), step)

    @property
    def scale(self) -> float:
        """What errors are relative to: the largest slope, but 1 at least."""
        return max(1.0, float(np.max(np.abs(self.central))))

    def compare(self, gradient: Array) -> Discrepancy:
        """Hold the cotangent of the input against the slopes."""
        slopes = np.array([np.sum(np.where(d == 0, 0, gradient).astype(np.float64) * d) for d in self.directions])
        return Discrepancy(self.input, slopes, self.central, float(np.max(np.abs(slopes - self.central)) / self.scale))

    def bend(self, score: Score, finer: float) -> float:
        """How far slopes over a step finer by that factor, centered and to the front, are from these, relative.

        At a kink or a jump it does not vanish with the step, and differences say nothing about a gradient. NaN where
        the score cannot be taken beside the point.
        """
        gaps, step = [], self.step / finer
        for direction, central in zip(self.directions, self.central, strict=True):
            x = score.feeds[self.input]
            ahead = score.at(self.input, x + (step * direction).astype(x.dtype))
            gaps += [(ahead - score.value) / step - central, _slope(score, self.input, direction, step) - central]
        return float(np.max(np.abs(gaps)) / self.scale)


def _slope(score: Score, name: str, direction: Array, step: float) -> float:
    x = score.feeds[name]
    moved = (step * direction).astype(x.dtype)
    return (score.at(name, x + moved) - score.at(name, x - moved)) / (2 * step)


def run_reference(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """Run a model on onnx's reference evaluator (numpy): all its outputs by name."""
    names = [o.name for o in model.graph.output]
    return dict(zip(names, ReferenceEvaluator(model).run(None, dict(feeds)), strict=True))


def check_gradient(
    model: Model,
    feeds: Mapping[str, Any],
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
    score = Score.of(model, feeds, outputs, rng, run_forward)
    found = []
    for name in inputs:
        gradient = pull_back(model, feeds, name, score.cotangents, run_forward, run_gradient)
        found.append(Differences.of(score, name, rng, step, directions).compare(gradient))
    return found


def pull_back(
    model: Model,
    feeds: Mapping[str, Any],
    name: str,
    cotangents: Mapping[str, Array],
    run_forward: Runner = run_reference,
    run_gradient: Runner = run_reference,
) -> Array:
    """The cotangent of input `name` for cotangents of the outputs, by their names, through the gradient model.

    Raises:
        GradientError: As `reverse`.
    """
    return pull_back_all(model, feeds, [name], cotangents, run_forward, run_gradient)[name]


def pull_back_all(
    model: Model,
    feeds: Mapping[str, Any],
    names: Sequence[str],
    cotangents: Mapping[str, Array],
    run_forward: Runner = run_reference,
    run_gradient: Runner = run_reference,
) -> dict[str, Array]:
    """The cotangents of several inputs by one gradient model; else as `pull_back`."""
    gradient = reverse(model, [model.value(n) for n in cotangents], [model.value(n) for n in names])
    wanted = [r.value for r in gradient.residuals if r.kind == "value"]
    shapes = [r.value for r in gradient.residuals if r.kind == "shape"]
    values = run_forward(whole_proto(expose(model, [w for w in wanted if w not in feeds], shapes)), feeds)
    values.update(feeds)
    given = {r.name: values[r.value + (SHAPE_SUFFIX if r.kind == "shape" else "")] for r in gradient.residuals}
    given.update(zip(gradient.cotangents, cotangents.values(), strict=True))
    proto = whole_proto(gradient.model)
    types = {i.name: i.type for i in proto.graph.input}
    results = run_gradient(proto, {n: _typed(value, types[n]) for n, value in given.items()})
    return {n: results[o] for n, o in zip(names, gradient.outputs, strict=True)}


def _typed(value: Any, kind: onnx.TypeProto) -> Any:
    if kind.HasField("optional_type"):
        return _typed(value, kind.optional_type.elem_type) if value is not None else None
    if kind.HasField("sequence_type"):
        return [_typed(v, kind.sequence_type.elem_type) for v in value]
    return np.asarray(value).astype(onnx.helper.tensor_dtype_to_np_dtype(kind.tensor_type.elem_type))
