"""Maps as points between which distances are measured: pooled to a small grid, and of length one."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["GRID", "Points", "checked", "nearest_to_centre", "points_of", "pooling"]

GRID = 12
"""Cells of the small grid along each axis, or as many as the map has."""

BATCH = 1024
DECIMALS = 10  # what rounding in another order of sums may change does not make two maps differ
SLACK = 1e-6


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Points:
    """The different maps, in an order of their own, whatever the order of the rows.

    Attributes:
        places: float64 `(U, cells)`, each of Euclidean length one; a single zero where every map is zero.
        counts: How many rows are this map, int64 `(U,)`.
        of_row: The point of each row, int64 `(N,)`; -1 for a map that is zero everywhere, which points nowhere.
    """

    places: NDArray[np.float64]
    counts: NDArray[np.int64]
    of_row: NDArray[np.int64]

    @property
    def rows(self) -> int:
        """How many rows are points."""
        return int(self.counts.sum())


def checked(maps: object) -> NDArray[np.floating[Any]]:
    """The maps, if they are some.

    Raises:
        InputError: not an array `(N, h, w)` of floats in [0, 1], or an empty one.
    """
    if not isinstance(maps, np.ndarray) or maps.ndim != 3 or not np.issubdtype(maps.dtype, np.floating):
        told = f"{maps.dtype} {maps.shape}" if isinstance(maps, np.ndarray) else type(maps).__name__
        raise InputError(f"the maps are {told}; expected floats (N, h, w). Give Explanation.map.", given=told)
    if 0 in maps.shape:
        raise InputError(f"the maps have shape {maps.shape}: there is nothing to cluster.", shape=maps.shape)
    for start in range(0, len(maps), BATCH):
        part = maps[start : start + BATCH]
        bad = ~((part >= -SLACK) & (part <= 1 + SLACK)).all(axis=(1, 2))
        if bad.any():
            row = start + int(bad.argmax())
            what = "outside [0, 1]" if np.isfinite(maps[row]).all() else "NaN or infinite"
            raise InputError(f"map {row} has values that are {what}. Give Explanation.map, not raw.", row=row)
    return maps


def points_of(maps: NDArray[np.floating[Any]]) -> Points:
    """The mean of each cell of the grid, divided by the Euclidean length of all; equal maps are one point."""
    height, width = (pooling(size, min(GRID, size)) for size in maps.shape[1:])
    places = np.empty((len(maps), len(height) * len(width)))
    for start in range(0, len(maps), BATCH):
        part = maps[start : start + BATCH].astype(np.float64)
        places[start : start + BATCH] = (height @ part @ width.T).reshape(len(part), -1)
    lengths = np.linalg.norm(places, axis=1, keepdims=True)
    is_used = lengths[:, 0] > 0 if lengths.any() else np.ones(len(maps), np.bool_)
    used = (places[is_used] / np.where(lengths > 0, lengths, 1)[is_used]).round(DECIMALS) + 0.0
    different, of_used, counts = np.unique(used, axis=0, return_inverse=True, return_counts=True)
    of_row = np.full(len(maps), -1, np.int64)
    of_row[is_used] = of_used.reshape(-1)
    return Points(different, counts.astype(np.int64), of_row)


def nearest_to_centre(places: NDArray[np.floating[Any]]) -> NDArray[np.int64]:
    """The rows of `(n, cells)` by how near they are to the mean of all, the nearest first; of equals the first."""
    distances = np.linalg.norm(places - places.mean(axis=0, dtype=np.float64), axis=1).round(9)
    return np.argsort(distances, kind="stable").astype(np.int64)


def pooling(size: int, cells: int) -> NDArray[np.float64]:
    """`(cells, size)`: what each of `size` samples is worth in the mean of each cell, by the length they share."""
    edges = np.linspace(0, size, cells + 1)
    samples = np.arange(size)
    shared = np.minimum(edges[1:, None], samples + 1) - np.maximum(edges[:-1, None], samples)
    found: NDArray[np.float64] = np.maximum(shared, 0) * cells / size
    return found
