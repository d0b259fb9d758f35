"""Maps from the layers' resolution to the input's, in the unit interval, as nodes: `cam.average`, in a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from onnxcam.autodiff.emitter import Emitter
from onnxcam.exporting.cells import Dimension, vector

__all__ = ["averaged", "normalized", "resized"]

EPSILON = 1e-7


def normalized(op: Emitter, maps: Any) -> Any:
    """Each row of `(M, P)` in [0, 1], a constant one as zeros; see `cam.normalize`."""
    above = op.Sub(maps, op.ReduceMin(maps, [1], keepdims=1))
    return op.Div(above, op.Add(op.ReduceMax(above, [1], keepdims=1), EPSILON))


def resized(op: Emitter, maps: Any, grid: Sequence[Dimension], size: Sequence[Dimension]) -> Any:
    """Maps `(M, P)` on a grid as `(M, Q)` on one of another size: linear between sample centres; see `cam.maps`."""
    if list(grid) == list(size):
        return maps
    line = [1] if len(grid) == 1 else []  # runtimes interpolate along two axes or three
    spread = op.Reshape(maps, vector(op, [-1, 1, *line, *grid]))
    scales, sizes = _scales(grid, size), None
    if scales is None:
        sizes = vector(op, [op.Slice(op.Shape(spread), [0], [1]), 1, *line, *size])
    else:
        scales = np.array([1, 1, *line, *scales], np.float32)
    large = op.Resize(
        spread, None, scales, sizes, mode="linear", coordinate_transformation_mode="half_pixel", nearest_mode="floor"
    )
    return op.Reshape(large, [0, -1])


def _scales(grid: Sequence[Dimension], size: Sequence[Dimension]) -> Any:
    """By how much each axis grows, if these are whole numbers: others may round to a size too few.

    Sizes need the number of samples, and where a run finds that, OpenVINO 2026.4 computes a quantised model wrong.
    """
    pairs = [(a, b) for a, b in zip(grid, size, strict=True) if isinstance(a, int) and isinstance(b, int)]
    if len(pairs) < len(grid) or any(b % a for a, b in pairs):
        return None
    return [b // a for a, b in pairs]


def averaged(op: Emitter, raws: Sequence[Any], grids: Sequence[Sequence[Dimension]], size: Sequence[Dimension]) -> Any:
    """The maps of several layers, each `(M, P)` on its own grid, as one `(M, Q)` at the input's size."""
    total = None
    for raw, grid in zip(raws, grids, strict=True):
        one = resized(op, normalized(op, raw), grid, size)
        total = one if total is None else op.Add(total, one)
    return normalized(op, total if len(raws) == 1 else op.Div(total, float(len(raws))))
