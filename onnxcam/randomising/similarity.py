"""How alike two maps are; NaN with a constant one, which shows no place."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["spearman", "ssim"]

WINDOW = 11
DEVIATION = 1.5
Array = NDArray[Any]


def spearman(first: Array, second: Array) -> float:
    """Spearman's rank correlation of the values of two maps of one shape, in [-1, 1]; NaN where one is constant."""
    if _is_constant(first, second):
        return math.nan
    rank = _scipy("stats").rankdata
    return float(np.corrcoef(rank(first.ravel()), rank(second.ravel()))[0, 1])


def ssim(first: Array, second: Array) -> float:
    """Structural similarity of two maps `(H, W)` in [0, 1], the mean over all places where the window fits, in [-1, 1].

    NaN where a map is constant, smaller than the window of 11 x 11, or not of two dimensions.

    Source: Wang et al., Image quality assessment: from error visibility to structural similarity, IEEE TIP 2004,
    equation 13 and section III.C: a Gaussian window of deviation 1.5, K1 = 0.01, K2 = 0.03.
    """
    if first.ndim != 2 or min(first.shape) < WINDOW or _is_constant(first, second):
        return math.nan
    x, y = first.astype(np.float64), second.astype(np.float64)
    mean_x, mean_y, square_x, square_y, product = (_smooth(one) for one in (x, y, x * x, y * y, x * y))
    light = (2 * mean_x * mean_y + 0.01**2) / (mean_x**2 + mean_y**2 + 0.01**2)
    spread = square_x - mean_x**2 + square_y - mean_y**2
    return float((light * (2 * (product - mean_x * mean_y) + 0.03**2) / (spread + 0.03**2)).mean())


def _smooth(values: Array) -> Array:
    edge = WINDOW // 2
    smoothed: Array = _scipy("ndimage").gaussian_filter(values, DEVIATION, radius=edge)
    return smoothed[edge:-edge, edge:-edge]


def _is_constant(first: Array, second: Array) -> bool:
    return bool(first.min() == first.max() or second.min() == second.max())


def _scipy(part: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(f"scipy.{part}")
    except ImportError as error:
        raise InputError(
            'SciPy, which compares maps, is not installed. Run pip install "onnxcam[audit]".', package="scipy"
        ) from error
