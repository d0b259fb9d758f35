"""A map in 256 bytes: what is kept of each map of a data set, so that they can be searched together."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.shortcuts.points import pooling

__all__ = ["SIDE", "grid_of"]

SIDE = 16
"""Cells along each axis: the frame of an eighth is two of them wide, a corner of a quarter four."""


def grid_of(map_: NDArray[np.floating[Any]]) -> NDArray[np.uint8]:
    """A map `(H, W)` in [0, 1], of any size, as `(16, 16)` whole numbers from 0 to 255.

    Each cell is the mean of the map over it, by area, and the warmest cell is 255, as a map's warmest pixel is 1: a map
    of one small spot is no grid of zeros. A map of zeros is one.
    """
    high, wide = (_pooling(size) for size in map_.shape)
    cells = high @ map_.astype(np.float32, copy=False) @ wide.T
    warmest = float(cells.max())
    return np.rint(cells * (255 / warmest)).astype(np.uint8) if warmest > 0 else np.zeros((SIDE, SIDE), np.uint8)


@functools.lru_cache(maxsize=16)
def _pooling(size: int) -> NDArray[np.float32]:
    return pooling(size, SIDE).astype(np.float32)
