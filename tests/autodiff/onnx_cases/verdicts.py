"""What can be said of the gradient at each float input of a case."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import onnx
from numpy.typing import NDArray

from onnxcam.autodiff import reverse
from onnxcam.autodiff.check import Differences, Score, pull_back
from onnxcam.errors import GradientError
from onnxcam.graph import Model, load
from tests.autodiff.onnx_cases.collection import OnnxCase
from tests.autodiff.onnx_cases.evaluators import (
    EVALUATORS,
    Evaluator,
    evaluators_of,
    is_below_a_byte,
    nudged,
    run_onnxruntime,
    run_reference,
)
from tests.autodiff.onnx_cases.widening import is_float, widened

Array = NDArray[Any]
Kind = Literal["passed", "zero", "not applicable", "refused", "failed"]
NUDGES = 8
DRAWS = frozenset({"Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"})
OPTIMISERS = frozenset({"Adagrad", "Adam", "Momentum"})
# Float inputs that no rule differentiates for, by operator and the schema's name for the input.
PARAMETERS = {
    ("Resize", "roi"): "the region of Resize",
    ("Resize", "scales"): "the scales of Resize",
    ("Upsample", "scales"): "the scales of Resize",
}


@dataclasses.dataclass(frozen=True)
class Verdict:
    """About one float input of a case, or, with an empty input, about a whole case.

    Attributes:
        case: Name of the case.
        op_type: The operator that it is about.
        input: Name of the float input.
        kind: `zero`: no gradient, and differences are zero too.
        why: The reason, by which verdicts are counted.
        detail: What is to be seen in this case.
    """

    case: str
    op_type: str
    input: str
    kind: Kind
    why: str = ""
    detail: str = ""


@dataclasses.dataclass(frozen=True)
class Point:
    """Where a gradient is judged, and by which differences."""

    evaluator: Evaluator
    score: Score
    slopes: Differences
    is_moved: bool

    @property
    def noise(self) -> float:
        """What rounding makes of a slope, relative to the largest one."""
        eps = np.finfo(np.float64 if self.evaluator.tolerance < 1e-3 else np.float32).eps
        return float(4 * eps * self.score.magnitude / self.evaluator.step / self.slopes.scale)


class Trial:
    """A case at work: widened for differences, and as it is for ONNX Runtime."""

    def __init__(self, case: OnnxCase, evaluators: Sequence[Evaluator], folder: Path) -> None:
        self.case, self.evaluators = case, evaluators
        self.outputs = float_names(case.expected)
        self.wide = {d: _load(widened(case.model, d), folder) for d in {e.dtype for e in evaluators}}
        self.shipped = _load(case.model, folder)

    def verdict(self, name: str, kind: Kind, why: str = "", detail: str = "") -> Verdict:
        return Verdict(self.case.name, self.case.op_type, name, kind, why, detail)

    def judge(self, name: str) -> Verdict:
        """Hold the gradient at input `name` against differences, in double precision and on ONNX Runtime."""
        if not np.isfinite(self.case.feeds[name].astype(np.float64)).any():
            return self.verdict(name, "not applicable", "nothing to move: the input is empty or not finite")
        if (self.case.op_type, self.case.parameters[name]) == ("DequantizeLinear", "x"):
            return self.verdict(name, "not applicable", "a quantised value: its gradient is that of what it stands for")
        try:
            self._build(name)
        except GradientError as error:
            return self._without_gradient(name, error)
        point = self.point(name)
        if point is None:
            return self.verdict(name, "failed", "differences", "no smooth point nearby")
        by, failure = self._compare(name, point)
        failure = failure or self._on_onnxruntime(name, point)
        if failure:
            return self.verdict(name, "failed", "differences", failure)
        return self.verdict(name, "passed", "beside a kink" if point.is_moved else "", f"{point.evaluator.name} / {by}")

    def point(self, name: str) -> Point | None:
        """The case's point, or, where the forward model has a kink there, the first of a few beside it without one.

        The choice sees the forward model alone, never the gradient.
        """
        for evaluator in self.evaluators:
            rng = np.random.default_rng(zlib.crc32(f"{self.case.name} {name}".encode()))
            feeds = evaluator.feeds(self.case)
            model = self.wide[evaluator.dtype]
            terms = -1
            for i in range(1 + NUDGES):
                score = Score.of(model, feeds, self.outputs, rng, evaluator.run)
                slopes = Differences.of(score, name, rng, evaluator.step)
                point = Point(evaluator, score, slopes, i > 0)
                allowed = evaluator.bend + point.noise * evaluator.finer
                terms = max(terms, count := sum(np.count_nonzero(c) for c in score.cotangents.values()))
                if count == terms and slopes.bend(score, evaluator.finer) < allowed:
                    return point
                feeds = {**feeds, name: evaluator.value(nudged(self.case.feeds[name], rng))}
        return None

    def _build(self, name: str) -> None:
        model = self.shipped
        reverse(model, [model.value(n) for n in self.outputs], [model.value(name)])

    def _compare(self, name: str, point: Point) -> tuple[str, str]:
        """Who ran the gradient model in the precision of the differences, and what is wrong with it."""
        failure = ""
        model, score = self.wide[point.evaluator.dtype], point.score
        for runner in (point.evaluator, *(e for e in EVALUATORS if e.dtype == point.evaluator.dtype)):
            try:
                gradient = pull_back(model, score.feeds, name, score.cotangents, score.run, runner.run)
            except Exception as error:  # noqa: BLE001 - it cannot run it: the next may
                failure += f" {runner.name} {type(error).__name__} {error}"
                continue
            found = point.slopes.compare(gradient)
            if found.error < point.evaluator.tolerance + point.noise:
                return runner.name, ""
            failure += f" {runner.name} {found}"
        return "", failure

    def _without_gradient(self, name: str, error: GradientError) -> Verdict:
        if "dead_ends" not in error.facts:
            missing = str(error).startswith("no vjp rule")
            return self.verdict(name, "refused", f"{'no rule: ' if missing else 'form: '}{error.op_type}", str(error))
        parameter = PARAMETERS.get((self.case.op_type, self.case.parameters[name]))
        if parameter is not None:
            return self.verdict(name, "not applicable", parameter)
        point = self.point(name)
        if point is not None and np.max(np.abs(point.slopes.central)) <= point.noise:
            return self.verdict(name, "zero")
        detail = "no smooth point nearby" if point is None else str(point.slopes.central)
        return self.verdict(name, "failed", "no gradient, though differences are not zero", detail)

    def _on_onnxruntime(self, name: str, point: Point) -> str:
        """What is wrong with the gradient model of the case as it is, on ONNX Runtime in float32."""
        score = point.score
        try:
            run = point.evaluator.run_widened
            found = pull_back(self.shipped, score.feeds, name, score.cotangents, run, run_checked)
        except Exception as error:  # noqa: BLE001 - the checker's, the runtime's and our own are failures alike
            return f"ONNX Runtime {type(error).__name__}: {error}"
        tolerance = {2: 2e-2, 1: 0.1}.get(self.case.feeds[name].dtype.itemsize, 1e-3)
        if found.shape != score.feeds[name].shape:
            return f"shape {found.shape}"
        seen = point.slopes.compare(found)
        return "" if seen.error < max(tolerance, point.evaluator.tolerance) + point.noise else f"ONNX Runtime {seen}"


def run_checked(model: onnx.ModelProto, feeds: Mapping[str, Any]) -> dict[str, Any]:
    """Run a gradient model on ONNX Runtime, after the checker has passed it and found nothing but `ai.onnx` in it.

    On the reference evaluator if it reads numbers of fewer than 8 bits, which ONNX Runtime takes from no Python array.
    """
    onnx.checker.check_model(model, full_check=True)
    assert {n.domain for n in model.graph.node} <= {""}
    is_packed = any(isinstance(v, np.ndarray) and is_below_a_byte(v) for v in feeds.values())
    return run_reference(model, feeds) if is_packed else run_onnxruntime(model, feeds)


def inapplicable(case: OnnxCase) -> str:
    """Why nothing can be said of a case; empty where something can."""
    if not float_names(case.feeds):
        return "no float input"
    if not float_names(case.expected):
        return "no float output"
    if any(n.op_type in DRAWS for n in case.model.graph.node):
        return "draws random numbers"
    if case.op_type in OPTIMISERS:
        return "an optimiser's step, which no forward model holds"
    if all(case.expected[n].dtype.itemsize == 1 for n in float_names(case.expected)):
        return "its output is rounded to a float of 8 bits or fewer"
    return ""


def verdicts(case: OnnxCase, folder: Path) -> list[Verdict]:
    """One verdict for each float input of the case, or one for the whole of it."""
    why, detail = inapplicable(case), ""
    evaluators: Sequence[Evaluator] = ()
    if not why:
        evaluators, detail = evaluators_of(case)
        why = "" if evaluators else "no evaluator gives the case's outputs"
    if why:
        return [Verdict(case.name, case.op_type, "", "not applicable", why, detail)]
    trial = Trial(case, evaluators, folder)
    return [trial.judge(n) for n in float_names(case.feeds)]


def float_names(values: Mapping[str, Any]) -> list[str]:
    """Which of the values are arrays of floats."""
    return [n for n, v in values.items() if is_float(v)]


def _load(proto: onnx.ModelProto, folder: Path) -> Model:
    """The model without the sizes of its outputs, which some inputs change."""
    for output in proto.graph.output:
        for dim in output.type.tensor_type.shape.dim:
            dim.Clear()
    onnx.save(proto, folder / "case.onnx")
    return load(folder / "case.onnx")
