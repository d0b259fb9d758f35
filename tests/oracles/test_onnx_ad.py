"""A second opinion on the rules: onnx-ad, an independent implementation of reverse mode on ONNX graphs."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from onnxcam.autodiff import reverse
from onnxcam.autodiff.check import run_reference
from onnxcam.graph import SHAPE_SUFFIX, Model, expose, whole_proto
from tests.autodiff.cases import CASES, Case
from tests.autodiff.test_rules import build

onnx_ad = pytest.importorskip("onnx_ad", reason="the oracle onnx-ad is not installed")

# Where the two differ. Central differences (tests/autodiff/test_rules.py) side with onnxcam in every one of these.
REDUCTIONS = ("ReduceL1", "ReduceL2", "ReduceSumSquare")
DIFFER: dict[str, tuple[str, ...]] = {
    "it gives the cotangent of a tie to one of the tied inputs, not half to each": ("Max-ties", "Min-ties"),
    "it divides by the entry itself, which is zero": (
        *(f"CumProd{form}" for form in ("", "-exclusive", "-reverse", "-exclusive-reverse")),
        *("ReduceL2-zero", "ReduceProd-zeros", "ReduceProd-zeros-all"),
    ),
    "it takes the logarithm of a negative base under an integer exponent": ("Pow-integers", "Pow-constant-integers"),
    "it gives no cotangent to the values that are put in": (
        "OneHot",
        "OneHot-axis",
        "OneHot-negative",
        "Pad-value",
        "Pad-axes",
    ),
    "it gives no cotangent to the statistics": (
        *("BatchNormalization", "BatchNormalization-matrix", "BatchNormalization-epsilon"),
    ),
    "it takes min and max for inputs, where they are attributes": ("Clip-both", "Clip-max"),
    "it passes the cotangent to min, where max < min and max decides": ("Clip-inverted",),
    "it reads empty axes, or none, as no reduction or as all against noop_with_empty_axes": (
        *(f"Reduce{kind}-empty" for kind in ("Mean", "Max", "Min", "LogSumExp", "Prod")),
        *(f"{kind}-{form}" for kind in REDUCTIONS for form in ("empty", "noop", "noop-empty")),
    ),
    "it interpolates over the whole axis, not over the region": ("Resize-linear-crop-up", "Resize-cubic-crop-up"),
    "it takes Det for piecewise constant": ("Det", "Det-batch", "Det-one", "Det-rank-2-of-3"),
    "it knows no mode of SpaceToDepth": ("SpaceToDepth-crd",),
}
Arrays = dict[str, NDArray[Any]]


def theirs(path: Path, feeds: Arrays, inputs: list[str], cotangents: Arrays) -> Arrays:
    """The cotangents by onnx-ad; it takes and gives them with one more axis, for several directions at once."""
    model = onnx_ad.reverse(onnx.load(path), inputs=inputs, outputs=list(cotangents), prefix="adj_", layout="onnx")
    results = run_reference(model, feeds | {f"adj_{n}": ct[..., None] for n, ct in cotangents.items()})
    return {n: results[f"adj_{n}"][..., 0] for n in inputs}


def ours(model: Model, feeds: Arrays, inputs: list[str], cotangents: Arrays) -> Arrays:
    gradient = reverse(model, [model.value(n) for n in cotangents], [model.value(n) for n in inputs])
    values = [r.value for r in gradient.residuals if r.kind == "value" and r.value not in feeds]
    shapes = [r.value for r in gradient.residuals if r.kind == "shape"]
    known = run_reference(whole_proto(expose(model, values, shapes)), feeds) | feeds
    given = {r.name: known[r.value + (SHAPE_SUFFIX if r.kind == "shape" else "")] for r in gradient.residuals}
    seeds = dict(zip(gradient.cotangents, cotangents.values(), strict=True))
    results = run_reference(whole_proto(gradient.model), given | seeds)
    return {n: results[o] for n, o in zip(inputs, gradient.outputs, strict=True)}


def verdict(case: Case, folder: Path) -> str:
    model = build(case, case.opsets[0], folder, np.float64)
    arrays = case.arrays(np.float64)
    feeds = {n: a for n, a in arrays.items() if n not in case.constant}
    inputs = [n for n, a in feeds.items() if a.dtype.kind == "f"]
    outputs = run_reference(whole_proto(expose(model, case.outputs)), feeds)
    rng = np.random.default_rng(0)
    cotangents = {n: rng.standard_normal(outputs[n].shape) for n in case.outputs}
    try:
        with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
            expected = theirs(model.path, feeds, inputs, cotangents)
    except Exception:  # noqa: BLE001 - it refuses a form, or the reference evaluator cannot run what it emits
        return "refused"
    found = ours(model, feeds, inputs, cotangents)
    scale = max(1.0, *(float(np.abs(a).max(initial=0)) for a in expected.values()))
    gaps = [float(np.abs(found[n] - expected[n]).max(initial=0)) for n in inputs if found[n].shape == expected[n].shape]
    return "agrees" if len(gaps) == len(inputs) and max(gaps) < 1e-6 * scale else "differs"


def test_onnx_ad_agrees_where_it_has_an_answer(tmp_path: Path, figure: Callable[[str], None]) -> None:
    asked = [c for c in CASES if c.runtime == "reference" and not c.domain]
    asked = [c for c in asked if c.op_type not in {"QuantizeLinear", "DequantizeLinear"}]
    verdicts = {case.id: verdict(case, tmp_path) for case in asked}
    count = Counter(verdicts.values())
    told = ", ".join(f"{answer} on {count[answer]}" for answer in ("agrees", "differs", "refused"))
    figure(f"onnx-ad, {len(asked)} rule cases: {told}")
    explained = {case for cases in DIFFER.values() for case in cases}
    assert {case for case, answer in verdicts.items() if answer == "differs"} == explained
    assert count["agrees"] > len(asked) / 2
