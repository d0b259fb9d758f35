"""Means, and how far chance may have moved them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["Interval", "interval"]

BLOCK = 2**20  # values drawn at once: what is held in memory


@dataclasses.dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its confidence interval.

    Attributes:
        mean: Of the values that are not NaN; NaN where there are none.
        low: Lower end of the interval; NaN where there are fewer than two values.
        high: Upper end.
        count: Number of values that are not NaN.
        missing: Number of NaNs: maps for which the figure is not defined.
    """

    mean: float
    low: float
    high: float
    count: int
    missing: int


def interval(
    values: Iterable[float] | NDArray[np.floating], *, level: float = 0.95, resamples: int = 2000, seed: int = 0
) -> Interval:
    """The mean of values and its bootstrap confidence interval; NaNs are counted as missing.

    Bias-corrected and accelerated (BCa), because figures are shares: near 0 or 1 their means are skewed, where the
    percentile interval is too short on one side. The acceleration of a mean is known in closed form, so no jackknife
    runs. The same values in any order give the same interval. Equal values give an interval of no length, fewer than
    two none.

    Raises:
        InputError: an infinite value, a level outside (0, 1), or no resamples.

    Source: Efron, Better Bootstrap Confidence Intervals, JASA 1987; Efron and Tibshirani, An Introduction to the
    Bootstrap, 1993, section 14.3.
    """
    given = np.sort(np.asarray(values if isinstance(values, np.ndarray) else list(values), np.float64), axis=None)
    kept = given[~np.isnan(given)]
    if np.isinf(kept).any():
        raise InputError("a figure is infinite, and has no mean. Leave it out, or give NaN where it is not defined.")
    if not 0 < level < 1 or resamples < 1:
        raise InputError(
            f"a confidence interval at level {level} of {resamples} resamples. Give a level between 0 and 1, 0.95 say, "
            "and at least one resample.",
            level=level,
            resamples=resamples,
        )
    count, missing = kept.size, given.size - kept.size
    if not count:
        return Interval(math.nan, math.nan, math.nan, count, missing)
    if kept[0] == kept[-1]:
        end = float(kept[0]) if count > 1 else math.nan
        return Interval(float(kept[0]), end, end, count, missing)
    mean = float(kept.mean())
    low, high = _ends(kept, mean, means_of_resamples(kept, resamples, seed), level)
    return Interval(mean, low, high, count, missing)


def means_of_resamples(values: NDArray[np.float64], resamples: int, seed: int) -> NDArray[np.float64]:
    """The means of as many values drawn with replacement, `(resamples,)`."""
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK // values.size)
    return np.concatenate(
        [
            values[generator.integers(values.size, size=(min(block, resamples - first), values.size))].mean(axis=1)
            for first in range(0, resamples, block)
        ]
    )


def _ends(values: NDArray[np.float64], mean: float, means: NDArray[np.float64], level: float) -> tuple[float, float]:
    """The BCa interval's ends: the quantiles of resampled means at levels corrected for bias and skew."""
    normal = NormalDist()
    below = (np.count_nonzero(means < mean) + np.count_nonzero(means <= mean)) / (2 * means.size)
    # A bias beyond what the resamples can show is taken for the largest that they can.
    bias = normal.inv_cdf(min(max(below, 0.5 / means.size), 1 - 0.5 / means.size))
    deviations = values - mean
    acceleration = (deviations**3).sum() / (6 * (deviations**2).sum() ** 1.5)
    levels = []
    for tail in ((1 - level) / 2, (1 + level) / 2):
        shifted = bias + normal.inv_cdf(tail)
        levels.append(normal.cdf(bias + shifted / (1 - acceleration * shifted)))
    low, high = np.quantile(means, levels)
    return float(low), float(high)
