"""Every metric against figures computed by hand, and what holds for all of them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from onnxcam.metrics import METRICS, Metric, Subject, find_metrics, measure
from tests.metrics.cases import CASES, Case

RNG = np.random.default_rng(6)
MAP = RNG.random((24, 20)).astype(np.float32)
TENSOR = RNG.normal(size=(3, 24, 20)).astype(np.float32)
REGION = np.pad(np.ones((9, 7), np.bool_), ((4, 11), (5, 8)))
WHOLE = Subject(
    MAP,
    regions=(REGION,),
    tensor=TENSOR,
    probe=lambda tensors: 1 / (1 + np.exp(-(tensors[:, 0] * MAP).sum(axis=(1, 2), dtype=np.float64) / 30)),
    remap=lambda tensors: np.abs(tensors[:, 1]),
)

every_metric = pytest.mark.parametrize("metric", find_metrics(), ids=lambda metric: metric.name)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_it_is_the_figure_computed_by_hand(case: Case) -> None:
    assert measure(case.subject, find_metrics(case.figures)) == pytest.approx(case.figures, rel=1e-6, nan_ok=True)


@every_metric
def test_it_has_a_figure_computed_by_hand(metric: Metric) -> None:
    assert any(math.isfinite(case.figures.get(metric.name, math.nan)) for case in CASES)


@every_metric
def test_it_says_what_it_is_and_who_says_so(metric: Metric) -> None:
    assert metric.definition.endswith(".")
    assert metric.source
    assert metric.family in {"localisation", "faithfulness", "shape"}
    assert metric.better in {"higher", "lower", None}


@every_metric
def test_it_needs_what_it_declares_and_nothing_else(metric: Metric) -> None:
    parts = {"regions": (REGION,), "tensor": TENSOR, "probe": WHOLE.probe, "remap": WHOLE.remap}
    needed = Subject(MAP, **{need: parts[need] for need in metric.needs})  # type: ignore[arg-type]
    assert math.isfinite(measure(needed, [metric])[metric.name])
    for need in metric.needs:
        assert measure(dataclasses.replace(WHOLE, **{need: () if need == "regions" else None}), [metric]) == {}


@every_metric
def test_it_is_not_defined_for_a_map_of_zeros(metric: Metric) -> None:
    assert math.isnan(measure(dataclasses.replace(WHOLE, map=np.zeros_like(MAP)), [metric])[metric.name])


@every_metric
def test_it_is_the_same_each_time_and_leaves_its_subject_alone(metric: Metric) -> None:
    before = MAP.copy(), TENSOR.copy()
    assert measure(WHOLE, [metric]) == measure(WHOLE, [metric])
    assert all(np.array_equal(*pair) for pair in zip(before, (MAP, TENSOR), strict=True))


def test_it_depends_on_the_order_of_values_alone_where_it_ranks() -> None:
    names = ["pointing-game", "rank-accuracy", "deletion", "insertion"]
    bent = dataclasses.replace(WHOLE, map=MAP**3 / 2)
    assert measure(bent, find_metrics(names)) == pytest.approx(measure(WHOLE, find_metrics(names)), rel=1e-12)


@pytest.mark.parametrize("factor", [0.25, 0.5], ids=["quarter", "half"])
def test_it_does_not_change_with_the_scale_of_a_map(factor: float) -> None:
    names = [name for name, metric in METRICS.items() if metric.family != "faithfulness"]
    scaled = dataclasses.replace(WHOLE, map=MAP * np.float32(factor))
    assert measure(scaled, find_metrics(names)) == pytest.approx(measure(WHOLE, find_metrics(names)), rel=1e-6)


def test_it_does_not_change_when_pixels_of_map_and_region_are_permuted() -> None:
    names = ["pointing-game", "energy-inside", "rank-accuracy", "iou-15", "iou-25", "iou-50"]
    names += ["entropy", "coverage-50", "complexity"]
    order = RNG.permutation(MAP.size)
    tied = np.round(MAP * 4) / 4
    mixed = Subject(tied.ravel()[order].reshape(MAP.shape), (REGION.ravel()[order].reshape(MAP.shape),))
    assert measure(mixed, find_metrics(names)) == pytest.approx(
        measure(Subject(tied, (REGION,)), find_metrics(names)), rel=1e-6
    )


def test_it_mirrors_with_the_map() -> None:
    names = ["centre-x", "centre-y", "border-energy", "corner-energy"]
    x, y, border, corner = measure(WHOLE, find_metrics(names)).values()
    mirrored = measure(Subject(np.ascontiguousarray(MAP[::-1, ::-1])), find_metrics(names))
    assert list(mirrored.values()) == pytest.approx([1 - x, 1 - y, border, corner], rel=1e-9)
