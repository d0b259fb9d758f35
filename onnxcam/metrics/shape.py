"""How the map is spread, whatever is in the picture. None of these is better high or low: they tell maps apart."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics.registry import metric
from onnxcam.metrics.subject import Subject

__all__ = ["border_energy", "centre_of_mass", "corner_energy", "coverage", "entropy"]


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
    shares = distribution(subject.map)
    shares = shares[shares > 0]
    return max(0.0, -float((shares * np.log(shares)).sum()))


@metric("coverage-50", family="shape", unit="share")
def coverage(subject: Subject) -> float:
    """The share of the area that the smallest set of pixels with half of the map's sum takes.

    Between 1/(H W) (a peak) and 1/2 (every pixel alike). NaN for a map of zeros.

    Source: none; the area under which a Lorenz curve of the map's values reaches one half.
    """
    if subject.is_empty:
        return math.nan
    reached = np.cumsum(np.sort(distribution(subject.map), axis=None)[::-1])
    # A hair less than half: in floating point, half of the pixels of a flat map may hold less.
    return float((np.searchsorted(reached, 0.5 * (1 - 1e-9)) + 1) / reached.size)


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
    shares = distribution(subject.map)
    rows, columns = (centres(size) for size in shares.shape)
    return {"centre-x": float(shares.sum(axis=0) @ columns), "centre-y": float(shares.sum(axis=1) @ rows)}


@metric("border-energy", family="shape", unit="share")
def border_energy(subject: Subject) -> float:
    """The share of the map's sum in the frame along the border, an eighth of the height and of the width wide.

    A pixel is in the frame when its centre is. A flat map has 7/16. NaN for a map of zeros.

    Source: none; a measure of borders, watermarks and time stamps.
    """
    if subject.is_empty:
        return math.nan
    rows, columns = (abs(centres(size) - 0.5) > 3 / 8 for size in subject.map.shape)
    return float(distribution(subject.map)[rows[:, np.newaxis] | columns].sum())


@metric("corner-energy", family="shape", unit="share")
def corner_energy(subject: Subject) -> float:
    """The share of the map's sum in that corner, a quarter of the height and of the width large, that has most of it.

    A pixel is in a corner when its centre is. A flat map has 1/16. A mark in one corner draws it near 1, and so does no
    map that runs along the borders. NaN for a map of zeros.

    Source: none; a measure of marks in a corner.
    """
    if subject.is_empty:
        return math.nan
    shares = distribution(subject.map)
    top, left = (centres(size) < 1 / 4 for size in shares.shape)
    return float(max(shares[rows][:, columns].sum() for rows in (top, top[::-1]) for columns in (left, left[::-1])))


def distribution(map: NDArray[np.float32]) -> NDArray[np.float64]:
    """A map that is not all zeros, divided by its sum."""
    values = map.astype(np.float64)
    shares: NDArray[np.float64] = values / values.sum()
    return shares


def centres(size: int) -> NDArray[np.float64]:
    """The centres of pixels along a side, in (0, 1)."""
    return (np.arange(size) + 0.5) / size
