"""A second opinion on ONNX's own operator cases: onnx-ad, with differences as the referee between the two."""

from __future__ import annotations

import dataclasses
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from onnxcam.autodiff.check import pull_back
from onnxcam.errors import GradientError
from tests.autodiff.onnx_cases.collection import OnnxCase, onnx_cases
from tests.autodiff.onnx_cases.evaluators import ORT_DOUBLE, REFERENCE
from tests.autodiff.onnx_cases.verdicts import PARAMETERS, Point, Trial, float_names, inapplicable
from tests.autodiff.onnx_cases.widening import widened
from tests.oracles.test_onnx_ad import theirs

Array = NDArray[Any]
Tally = Callable[[str, Counter[str]], None]
PARTS = 8
LIMIT = 1e-5

# Why the two differ, by operator. Where one is not in the table, or agrees everywhere, the test fails.
DIFFER = {
    "Attention": "it is NaN behind a row that is masked as a whole",
    "BatchNormalization": "it gives no cotangent to the statistics",
    "Clip": "it passes the cotangent to min where max < min and max decides",
    "DequantizeLinear": "it gives no cotangent to a zero point",
    "Det": "it takes the determinant for a constant",
    "OneHot": "it gives no cotangent to the values that are put in",
    "Pow": "it takes the logarithm of a negative base",
    "SpaceToDepth": "it knows no mode",
}


@dataclasses.dataclass(frozen=True)
class Opinion:
    """What onnx-ad says of one float input of a case: `agrees`, `differs` or `refuses`; or why it is not asked."""

    case: str
    op_type: str
    input: str
    answer: str
    is_ours_right: bool = True


def opinions(case: OnnxCase, folder: Path) -> list[Opinion]:
    """About each float input that differences can judge in double precision on the reference evaluator."""
    if inapplicable(case) or REFERENCE.reproduces(case):
        return []
    trial = Trial(case, (REFERENCE,), folder)
    asked = [n for n in float_names(case.feeds) if (case.op_type, case.parameters[n]) not in PARAMETERS]
    points = {name: trial.point(name) for name in asked}
    return [opinion(trial, name, point, folder) for name, point in points.items() if point is not None]


def opinion(trial: Trial, name: str, point: Point, folder: Path) -> Opinion:
    """One of them, at the point where differences judge too."""
    case, score = trial.case, point.score
    try:
        ours = gradient_of(trial, name, point)
    except GradientError:
        return Opinion(case.name, case.op_type, name, "refused here")
    except Exception:  # noqa: BLE001 - at a parameter that was nudged, such as a scale: neither evaluator runs it
        return Opinion(case.name, case.op_type, name, "not run")
    onnx.save(widened(case.model, REFERENCE.dtype), folder / "theirs.onnx")
    try:
        with warnings.catch_warnings(action="ignore"):
            found = theirs(folder / "theirs.onnx", dict(score.feeds), [name], dict(score.cotangents))[name]
    except Exception:  # noqa: BLE001 - it refuses a form, or the reference evaluator cannot run what it emits
        return Opinion(case.name, case.op_type, name, "refuses")
    scale = max(1.0, float(np.abs(ours).max(initial=0)))
    is_same = found.shape == ours.shape and float(np.abs(found - ours).max(initial=0)) < LIMIT * scale
    if is_same:
        return Opinion(case.name, case.op_type, name, "agrees")
    error = point.slopes.compare(ours).error
    return Opinion(case.name, case.op_type, name, "differs", bool(error < REFERENCE.tolerance + point.noise))


def gradient_of(trial: Trial, name: str, point: Point) -> Array:
    """Ours; the reference evaluator lacks some forms that it emits, which ONNX Runtime has."""
    model, score = trial.wide[REFERENCE.dtype], point.score
    try:
        return pull_back(model, score.feeds, name, score.cotangents, REFERENCE.run, REFERENCE.run)
    except GradientError as error:
        if "dead_ends" in error.facts:
            return np.zeros(score.feeds[name].shape)
        raise
    except Exception:  # noqa: BLE001 - the evaluator has its own words for each
        return pull_back(model, score.feeds, name, score.cotangents, REFERENCE.run, ORT_DOUBLE.run)


def held(cases: Sequence[OnnxCase], folder: Path, tally: Tally, name: str) -> list[Opinion]:
    found = [o for case in cases for o in opinions(case, folder)]
    tally(f"onnx-ad on {name}, (case, float input)", Counter(o.answer for o in found))
    differing = [o for o in found if o.answer == "differs"]
    assert [o for o in differing if not o.is_ours_right] == []
    assert {o.op_type for o in differing} <= set(DIFFER)
    return differing


@pytest.mark.slow
@pytest.mark.parametrize("op_type", sorted({c.op_type for c in onnx_cases()}))
def test_cases_of_an_operator(op_type: str, tmp_path: Path, tally: Tally) -> None:
    differing = held([c for c in onnx_cases() if c.op_type == op_type], tmp_path, tally, "ONNX's operator cases")
    assert bool(differing) == (op_type in DIFFER)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_tenth_case(part: int, tmp_path: Path, tally: Tally) -> None:
    held(onnx_cases()[::10][part::PARTS], tmp_path, tally, "a tenth of ONNX's operator cases")
