"""Maps from the layers' resolution to the input's, in the unit interval, as nodes: `cam.average`, in a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.cam.maps import resize_axis
from onnxcam.exporting.cells import Dimension, vector

__all__ = ["averaged"]

EPSILON = 1e-7
MOST_ENTRIES = 2048
"""Of the matrices that interpolate along the axes. From 7 x 7 to 224 x 224 they take a third of the time of Resize,
which ONNX Runtime runs on one core: 25 us, not 83."""


def normalized(op: Emitter, maps: Any, rank: int, epsilon: float = EPSILON) -> Any:
    """Each map of `(M, *space)`, of that many dimensions, in [0, 1], a constant one as zeros; see `cam.normalize`."""
    above = _above_lowest(op, maps, rank)
    return op.Div(above, op.Add(op.ReduceMax(above, _space(rank), keepdims=1), epsilon))


def _above_lowest(op: Emitter, maps: Any, rank: int) -> Any:
    return op.Sub(maps, op.ReduceMin(maps, _space(rank), keepdims=1))


def _space(rank: int) -> list[int]:
    return list(range(1, rank + 1))


def resized(op: Emitter, maps: Any, grid: Sequence[Dimension], size: Sequence[Dimension], room: int) -> Any:
    """Maps `(M, *grid)` as `(M, *size)`: linear between sample centres; see `cam.maps`."""
    if list(grid) == list(size):
        return maps
    matrices = _matrices(grid, size, room)
    if matrices is not None:
        return _multiplied(op, maps, matrices)
    line = [1] if len(grid) == 1 else []  # runtimes interpolate along two axes or three
    spread = op.Reshape(maps, vector(op, [-1, 1, *line, *grid]))
    scales, sizes = _scales(grid, size), None
    if scales is None:
        sizes = vector(op, [op.Slice(op.Shape(spread), [0], [1]), 1, *line, *size])
    else:
        scales = _floats(op, np.array([1, 1, *line, *scales], np.float32))
    large = op.Resize(
        spread, None, scales, sizes, mode="linear", coordinate_transformation_mode="half_pixel", nearest_mode="floor"
    )
    return op.Squeeze(large, [1, *([2] if line else [])])


def _matrices(grid: Sequence[Dimension], size: Sequence[Dimension], room: int) -> list[NDArray[np.float32]] | None:
    """For each of two axes, `(after, before)`: the share of each sample in each. None for others, and large ones."""
    pairs = [(a, b) for a, b in zip(grid, size, strict=True) if isinstance(a, int) and isinstance(b, int)]
    entries = sum(a * b for a, b in set(pairs))
    if len(pairs) < len(grid) or len(pairs) != 2 or entries > min(MOST_ENTRIES, room // 4):
        return None
    return [resize_axis(np.eye(a, dtype=np.float32), b, 0) for a, b in pairs]


def _multiplied(op: Emitter, maps: Any, matrices: Sequence[NDArray[np.float32]]) -> Any:
    rows, columns = matrices
    down = _floats(op, rows)
    across = op.Transpose(down, perm=[1, 0]) if rows.shape == columns.shape else _floats(op, columns.T)
    return op.MatMul(op.MatMul(down, maps), across)


def _floats(op: Emitter, array: NDArray[np.float32]) -> Any:
    """A constant that is float32 among doubles too."""
    return op.Constant(value=ir.tensor(np.ascontiguousarray(array)))


def _scales(grid: Sequence[Dimension], size: Sequence[Dimension]) -> Any:
    """By how much each axis grows, if these are whole numbers: others may round to a size too few.

    Sizes need the number of samples, and where a run finds that, OpenVINO 2026.4 computes a quantised model wrong.
    """
    pairs = [(a, b) for a, b in zip(grid, size, strict=True) if isinstance(a, int) and isinstance(b, int)]
    if len(pairs) < len(grid) or any(b % a for a, b in pairs):
        return None
    return [b // a for a, b in pairs]


def averaged(
    op: Emitter, raws: Sequence[Any], grids: Sequence[Sequence[Dimension]], size: Sequence[Dimension], room: int
) -> Any:
    """The maps of several layers, each `(M, *grid)`, as one `(M, *size)`; `room` bytes are there for each resizing."""
    rank = len(size)
    if len(raws) == 1:  # what is scaled twice may be scaled once, and a constant map stays one
        return normalized(op, resized(op, _above_lowest(op, raws[0], rank), grids[0], size, room), rank, EPSILON**2)
    total = None
    for raw, grid in zip(raws, grids, strict=True):
        one = resized(op, normalized(op, raw, rank), grid, size, room)
        total = one if total is None else op.Add(total, one)
    return normalized(op, op.Div(total, float(len(raws))), rank)
