"""How the map is spread, whatever is in the picture. None of these is better high or low: they tell maps apart."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics.registry import metric
from onnxcam.metrics.subject import Subject

__all__ = ["border_energy", "centre_of_mass", "corner_energy", "coverage", "entropy"]

LEVELS = 1023
"""Of values, above 0."""


@metric("entropy", family="shape", unit="nats")
def entropy(subject: Subject) -> float:
    """The entropy of the map as a distribution of pixels: -sum p ln p, p = map / its sum.

    Between 0 (one pixel) and ln(H W) (every pixel alike): to be compared at one input size only. NaN for a map of
    zeros.

    Source: Bhatt et al., Evaluating and Aggregating Feature-based Model Explanations, IJCAI 2020
    (complexity).
    """
    if subject.is_empty:
        return math.nan
    warm = subject.map[subject.map > 0]
    return max(0.0, math.log(subject.total) - float((warm * np.log(warm)).sum(dtype=np.float64)) / subject.total)


@metric("coverage-50", family="shape", unit="share")
def coverage(subject: Subject) -> float:
    """The share of the area that the smallest set of pixels with half of the map's sum takes.

    Between 1/(H W) (a peak) and 1/2 (every pixel alike). NaN for a map of zeros.

    Source: none; the area under which a Lorenz curve of the map's values reaches one half.
    """
    if subject.is_empty:
        return math.nan
    # A hair less than half: in floating point, half of the pixels of a flat map may hold less.
    values, half = subject.map.ravel(), 0.5 * subject.total * (1 - 1e-9)
    # Sorted by level first, so that the pixels of one alone are sorted: a quarter of the time that all of them take.
    level = (values / values.max() * LEVELS).astype(np.intp)
    reached = np.cumsum(np.bincount(level, values.astype(np.float64))[::-1])
    last = int(np.searchsorted(reached, half))
    above = level.max() - last
    own = np.cumsum(np.sort(values[level == above])[::-1], dtype=np.float64)
    missing = half - (reached[last - 1] if last else 0.0)
    count = np.count_nonzero(level > above) + min(int(np.searchsorted(own, missing)), own.size - 1) + 1
    return float(count / values.size)


@metric("centre-y", family="shape", unit="share of the height")
@metric("centre-x", family="shape", unit="share of the width")
def centre_of_mass(subject: Subject) -> dict[str, float]:
    """Where the map's centre of mass is, from 0 (left, top) to 1 (right, bottom).

    A pixel's place is its centre, so that a flat map's centre of mass is (0.5, 0.5) at any size. NaN for a map of
    zeros.

    Source: none; the first moments of the map.
    """
    if subject.is_empty:
        return {"centre-x": math.nan, "centre-y": math.nan}
    across, down = (subject.map.sum(axis, dtype=np.float64) / subject.total for axis in (0, 1))
    return {"centre-x": float(across @ centres(len(across))), "centre-y": float(down @ centres(len(down)))}


@metric("border-energy", family="shape", unit="share")
def border_energy(subject: Subject) -> float:
    """The share of the map's sum in the frame along the border, an eighth of the height and of the width wide.

    A pixel is in the frame when its centre is. A flat map has 7/16. NaN for a map of zeros.

    Source: none; a measure of borders, watermarks and time stamps.
    """
    if subject.is_empty:
        return math.nan
    rows, columns = (abs(centres(size) - 0.5) <= 3 / 8 for size in subject.map.shape)
    return min(1.0, max(0.0, 1 - _sum(subject.map[rows][:, columns]) / subject.total))


@metric("corner-energy", family="shape", unit="share")
def corner_energy(subject: Subject) -> float:
    """The share of the map's sum in that corner, a quarter of the height and of the width large, that has most of it.

    A pixel is in a corner when its centre is. A flat map has 1/16. A mark in one corner draws it near 1, and so does no
    map that runs along the borders. NaN for a map of zeros.

    Source: none; a measure of marks in a corner.
    """
    if subject.is_empty:
        return math.nan
    top, left = (centres(size) < 1 / 4 for size in subject.map.shape)
    corners = (subject.map[rows][:, columns] for rows in (top, top[::-1]) for columns in (left, left[::-1]))
    return max(map(_sum, corners)) / subject.total


def _sum(values: NDArray[np.float32]) -> float:
    return float(values.sum(dtype=np.float64))


def centres(size: int) -> NDArray[np.float64]:
    """The centres of pixels along a side, in (0, 1)."""
    return (np.arange(size) + 0.5) / size
