"""How alike two maps are. A constant map, zeros among them, shows no place: every similarity with it is NaN."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.metrics.science import scipy_part

__all__ = ["SIMILARITIES", "pearson", "similarities", "spearman", "ssim", "top_iou"]

Map = NDArray[np.float32]


def pearson(first: Map, second: Map) -> float:
    """Pearson's correlation of the values of two maps `(H, W)`, in [-1, 1].

    NaN where a map is constant.

    Raises:
        InputError: maps of different shapes.

    Source: Pearson, Note on regression and inheritance in the case of two parents, 1895.
    """
    if is_constant(first, second):
        return math.nan
    return correlation(first, second)


def spearman(first: Map, second: Map) -> float:
    """Spearman's rank correlation of the values of two maps `(H, W)`, in [-1, 1].

    Pearson's of the ranks; equal values have the mean of their ranks. NaN where a map is constant.

    Raises:
        InputError: maps of different shapes.

    Source: Spearman, The proof and measurement of association between two things, 1904; for maps: Adebayo et al.,
    Sanity Checks for Saliency Maps, NeurIPS 2018.
    """
    if is_constant(first, second):
        return math.nan
    return correlation(ranks(first), ranks(second))


def ssim(first: Map, second: Map) -> float:
    """Structural similarity of two maps `(H, W)` in [0, 1]: the mean over all places where the window fits; in [-1, 1].

    The window is Gaussian, 11 x 11 with a standard deviation of 1.5; K1 = 0.01, K2 = 0.03, dynamic range 1. NaN where a
    map is constant (the formula would give a number), or smaller than the window.

    Raises:
        InputError: maps of different shapes; SciPy is not installed.

    Source: Wang et al., Image Quality Assessment: From Error Visibility to Structural Similarity, IEEE TIP 2004,
    equation 13 and section III.C.
    """
    if is_constant(first, second) or min(first.shape) < 11:
        return math.nan
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y = smooth(x), smooth(y)
    variance_x, variance_y = smooth(x * x) - mean_x**2, smooth(y * y) - mean_y**2
    covariance = smooth(x * y) - mean_x * mean_y
    light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    structure = (2 * covariance + 0.03**2) / (variance_x + variance_y + 0.03**2)
    return float((light * structure).mean())


def top_iou(first: Map, second: Map) -> float:
    """Intersection over union of the most relevant fifths of two maps `(H, W)`, in [0, 1].

    A map's most relevant fifth: the pixels that are not less than the fifth's last (its size rounded up), and more than
    the map's minimum. Equal values stand or fall together, so that a fifth may be larger, and a map with fewer pixels
    above its minimum counts with those alone. NaN where a map is constant.

    Raises:
        InputError: maps of different shapes.

    Source: none; the intersection over union of binary maps, as in Ghorbani et al., Interpretation of Neural Networks
    is Fragile, AAAI 2019 (top-k intersection).
    """
    if is_constant(first, second):
        return math.nan
    one, other = top_fifth(first), top_fifth(second)
    return float(np.count_nonzero(one & other) / np.count_nonzero(one | other))


SIMILARITIES: dict[str, Callable[[Map, Map], float]] = {
    "pearson": pearson,
    "spearman": spearman,
    "ssim": ssim,
    "top-iou": top_iou,
}


def similarities(first: Map, second: Map) -> dict[str, float]:
    """All similarities of two maps `(H, W)`, by name.

    Raises:
        InputError: maps of different shapes.
    """
    return {name: function(first, second) for name, function in SIMILARITIES.items()}


def is_constant(*maps: Map) -> bool:
    """Whether one of the maps is constant; maps of different shapes are an `InputError`."""
    if len(shapes := [map.shape for map in maps]) != shapes.count(shapes[0]):
        raise InputError(
            f"maps of shapes {' and '.join(map(str, shapes))} cannot be compared. Bring them to one size.",
            shapes=tuple(shapes),
        )
    return any(map.min() == map.max() for map in maps)


def correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Pearson's correlation of values that are not constant."""
    x, y = (values.astype(np.float64).ravel() for values in (first, second))
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def ranks(map: Map) -> NDArray[np.float64]:
    """The rank of each value of a map, from 1; equal values have the mean of their ranks."""
    _, places, counts = np.unique(map, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    means: NDArray[np.float64] = last - (counts - 1) / 2
    return means[places.ravel()]


def smooth(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means in the Gaussian window, where it fits."""
    means: NDArray[np.float64] = scipy_part("ndimage").gaussian_filter(values, 1.5, radius=5)
    return means[5:-5, 5:-5]


def top_fifth(map: Map) -> NDArray[np.bool_]:
    """Where the most relevant fifth of a map is."""
    size = math.ceil(map.size / 5)
    top: NDArray[np.bool_] = (map >= np.partition(map.ravel(), -size)[-size]) & (map > map.min())
    return top
