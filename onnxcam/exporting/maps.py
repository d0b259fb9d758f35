"""Maps from the layers' resolution to the input's, in the unit interval, as nodes: `cam.average`, in a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
    rows = op.Slice(op.Shape(spread), [0], [1])
    sizes = vector(op, [rows, 1, *line, *size])
    large = op.Resize(
        spread, None, None, sizes, mode="linear", coordinate_transformation_mode="half_pixel", nearest_mode="floor"
    )
    return op.Reshape(large, [0, -1])


def averaged(op: Emitter, raws: Sequence[Any], grids: Sequence[Sequence[Dimension]], size: Sequence[Dimension]) -> Any:
    """The maps of several layers, each `(M, P)` on its own grid, as one `(M, Q)` at the input's size."""
    total = None
    for raw, grid in zip(raws, grids, strict=True):
        one = resized(op, normalized(op, raw), grid, size)
        total = one if total is None else op.Add(total, one)
    return normalized(op, total if len(raws) == 1 else op.Div(total, float(len(raws))))
