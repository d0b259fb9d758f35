"""The interpolation matrix of Resize's half_pixel_symmetric, which opset 18 does not have."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["symmetric_matrix"]

Array = NDArray[np.floating[Any]]

ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def symmetric_matrix(size: int, scale: float, attributes: Mapping[str, Any]) -> Array:
    """The matrix (size, floor(size·scale)) of one axis.

    Source: ONNX Resize since 19: the output's centre lies on the input's, whatever the rounding of its size cuts off.
    """
    count = math.floor(size * scale)
    outputs = np.arange(count)
    positions = size / 2 * (1 - count / (size * scale)) + (outputs + 0.5) / scale - 0.5
    matrix = np.zeros((size, count))
    for tap, weight in _taps(positions, size, attributes):
        np.add.at(matrix, (np.clip(tap, 0, size - 1).astype(int), outputs), weight)
    return matrix


def _taps(positions: Array, size: int, attributes: Mapping[str, Any]) -> list[tuple[Array, Array]]:
    """The elements that each position reads, before they are held within the axis, and their weights."""
    if attributes["mode"] == "nearest":
        return [(ROUNDINGS[attributes["nearest_mode"]](positions), np.ones_like(positions))]
    if attributes["mode"] == "linear":
        positions = np.clip(positions, 0, size - 1)
        lower = np.floor(positions)
        return [(lower, 1 - (positions - lower)), (lower + 1, positions - lower)]
    a, lower = attributes["cubic_coeff_a"], np.floor(positions)
    taps = [lower + o for o in (-1, 0, 1, 2)]
    weights = np.array([_cubic(np.abs(positions - tap), a) for tap in taps])
    if attributes.get("exclude_outside"):
        weights *= [(tap >= 0) & (tap < size) for tap in taps]
        weights /= weights.sum(axis=0)
    return list(zip(taps, weights, strict=True))


def _cubic(d: Array, a: float) -> Array:
    """Keys' kernel at distance `d`."""
    near = ((a + 2) * d - (a + 3)) * d * d + 1
    return np.where(d <= 1, near, ((a * d - 5 * a) * d + 8 * a) * d - 4 * a)
