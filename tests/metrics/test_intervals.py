"""Means with confidence intervals, against SciPy's bootstrap and against chance itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.metrics import Interval, interval
from onnxcam.metrics import intervals as module

stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed: the extra 'audit' brings it")

RNG = np.random.default_rng(7)
SAMPLES = {
    "normal": RNG.normal(size=40),
    "skewed": RNG.exponential(size=25) ** 2,
    "hits": np.repeat([0.0, 1.0], [3, 27]),
    "two": np.array([0.2, 0.9]),
    "many": RNG.beta(0.5, 3, size=1000),
}


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("level", [0.95, 0.8])
def test_it_is_scipys_bca_bootstrap(name: str, level: float) -> None:
    values = np.sort(SAMPLES[name])
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=2000, confidence_level=level, method="BCa", rng=np.random.default_rng(3)
    ).confidence_interval
    ours = interval(values, level=level, seed=3)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), rel=1e-9)
    assert ours.mean == pytest.approx(values.mean())
    assert (ours.count, ours.missing) == (len(values), 0)


def test_it_depends_neither_on_order_nor_on_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    values = SAMPLES["skewed"]
    whole = interval(values)
    assert interval(values[::-1]) == interval(list(values)) == interval(iter(values)) == whole
    monkeypatch.setattr(module, "BLOCK", 60)
    assert interval(values) == whole
    assert interval(values, seed=1) != whole
    assert interval(values, resamples=500) != whole


def test_it_counts_what_is_missing_and_averages_the_rest() -> None:
    with_gaps = np.insert(SAMPLES["normal"], [0, 7, 40], math.nan)
    whole = interval(SAMPLES["normal"])
    assert interval(with_gaps) == Interval(whole.mean, whole.low, whole.high, 40, 3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([], (math.nan, math.nan, math.nan, 0, 0), id="none"),
        pytest.param([math.nan] * 2, (math.nan, math.nan, math.nan, 0, 2), id="all missing"),
        pytest.param([0.3, math.nan], (0.3, math.nan, math.nan, 1, 1), id="one"),
        pytest.param([0.3] * 3, (0.3, 0.3, 0.3, 3, 0), id="equal"),
    ],
)
def test_it_says_what_few_values_say(values: list[float], expected: tuple[float, ...]) -> None:
    found = interval(values)
    assert (found.mean, found.low, found.high, found.count, found.missing) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        pytest.param([1.0, math.inf], {}, "a figure is infinite", id="infinite"),
        pytest.param([1.0, 2.0], {"level": 95}, "interval at level 95 of 2000 resamples", id="level in percent"),
        pytest.param([1.0, 2.0], {"level": 0.0}, "interval at level 0.0", id="level zero"),
        pytest.param([1.0, 2.0], {"resamples": 0}, "of 0 resamples", id="no resamples"),
    ],
)
def test_it_refuses(values: list[float], options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        interval(values, **options)


def test_ends_stay_finite_when_few_resamples_lie_on_one_side() -> None:
    found = interval([0.0, 1.0], resamples=1)
    assert 0 <= found.low <= found.high <= 1


def test_it_holds_the_true_mean_about_as_often_as_it_says() -> None:
    def holds(values: NDArray[np.float64]) -> bool:
        found = interval(values, resamples=400)
        return found.low <= 0.25 <= found.high

    rng = np.random.default_rng(11)
    share = np.mean([holds(rng.beta(1, 3, size=60)) for _ in range(400)])
    assert 0.91 < share < 0.98
