"""The positions along a tensor's axes, and what reshaping, joining and broadcasting make of them.

A grid is the space of one input at one resolution; each of its cells has a code. An axis is an array with one number
for each of its entries, and the code of an element is the sum of its axes' numbers. So (1, K, h, w) has zeros for batch
and channels, base + w·row for the rows, and the column for the columns; tokens (1, 1 + h·w, K) have `NOWHERE` for the
class token and the codes of the cells behind it. Windows, shifts and NHWC are permutations that the sums keep exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["NOWHERE", "Axes", "Axis", "Grids", "blank", "broadcast", "is_positional", "reshaped", "thinned"]

Axis = NDArray[np.int64]
Axes = tuple[Axis, ...]

NOWHERE = -(2**50)
"""The number of an entry that lies nowhere on a grid, such as a class token."""

FIRST_BASE = 2**40
CELLS = 2**26
"""Most cells of a grid; the sum of two grids' codes is the code of none."""


class Grids:
    """The grids of one model: the same source at the same resolution is the same grid.

    A source is the name of the input whose space it is.
    """

    def __init__(self) -> None:
        self._sizes: list[tuple[str, tuple[int, ...]]] = []

    def axes(self, source: str, size: Sequence[int]) -> Axes:
        """One axis for each dimension of the grid of that size."""
        key = (source, tuple(size))
        if key not in self._sizes:
            self._sizes.append(key)
        base = FIRST_BASE + self._sizes.index(key) * CELLS
        strides = [math.prod(size[i + 1 :]) for i in range(len(size))]
        axes = [np.arange(n, dtype=np.int64) * stride for n, stride in zip(size, strides, strict=True)]
        return (axes[0] + base, *axes[1:])

    def size(self, index: int) -> tuple[int, ...]:
        """The size of a grid."""
        return self._sizes[index][1]

    def source(self, index: int) -> str:
        """The name of the input whose space it is."""
        return self._sizes[index][0]

    def rank(self, source: str) -> int | None:
        """How many dimensions the space of an input has; None before it has shown."""
        return next((len(size) for name, size in self._sizes if name == source), None)

    def cells(self, codes: NDArray[np.int64]) -> dict[int, NDArray[np.int64]]:
        """By grid, the cell that each code means, -1 where it means none of that grid's."""
        indices, cells = np.divmod(codes - FIRST_BASE, CELLS)
        found = {}
        for index in np.unique(indices):
            if 0 <= index < len(self._sizes):
                held = (indices == index) & (cells < math.prod(self.size(int(index))))
                found[int(index)] = np.where(held, cells, -1)
        return found


def blank(size: int) -> Axis:
    """An axis along which the position does not change: a batch's, the channels'."""
    return np.zeros(size, np.int64)


def is_positional(axis: Axis) -> bool:
    """Whether the position changes along it."""
    return len(axis) > 1 and bool((axis != axis[0]).any())


def broadcast(given: Sequence[Axes], shape: Sequence[int]) -> Axes:
    """The axes of what an elementwise operator makes of tensors with these axes."""
    axes = []
    for place, size in enumerate(shape, start=-len(shape)):
        aligned = [a[place] for a in given if len(a) >= -place and len(a[place]) == size]
        axes.append(next((a for a in aligned if is_positional(a)), aligned[0] if aligned else blank(size)))
    return tuple(axes)


def reshaped(axes: Axes, shape: Sequence[int]) -> Axes | None:
    """The axes after a reshape; None where an axis is split and its positions are no sum over the parts."""
    result: list[Axis] = []
    carried = 0  # what an axis of one entry leaves behind when it goes
    for before, after in _groups([len(a) for a in axes], shape):
        merged = np.full(1, carried, np.int64)
        for axis in axes[before]:
            merged = (merged[:, None] + axis[None, :]).reshape(-1)
        if before.stop > before.start and after.stop == after.start and len(merged) == 1:
            carried = int(merged[0])
            continue
        parts, carried = _split(merged, list(shape[after])), 0
        if parts is None:
            return None
        result += parts
    if carried and result:
        result[-1] = result[-1] + carried
    return tuple(result)


def _groups(before: Sequence[int], after: Sequence[int]) -> Iterator[tuple[slice, slice]]:
    """The shortest runs of dimensions, before and after, with the same number of entries."""
    i = j = 0
    while i < len(before) or j < len(after):
        start, stop = i, j
        left = right = 1
        if i < len(before):
            left, i = before[i], i + 1
        if j < len(after):
            right, j = after[j], j + 1
        while left != right:
            if left < right and i < len(before):
                left, i = left * before[i], i + 1
            elif j < len(after):
                right, j = right * after[j], j + 1
            else:
                break
        yield slice(start, i), slice(stop, j)


def _split(merged: Axis, sizes: Sequence[int]) -> list[Axis] | None:
    if math.prod(sizes) != len(merged):
        return None
    if len(sizes) == 1:
        return [merged]
    block = merged.reshape(sizes)
    start = block.flat[0] if block.size else 0
    parts, total = [], np.full([1] * len(sizes), start)
    for place, size in enumerate(sizes):
        index: tuple[int | slice, ...] = tuple(slice(None) if i == place else 0 for i in range(len(sizes)))
        part = block[index] - start
        parts.append(part)
        total = total + part.reshape([size if i == place else 1 for i in range(len(sizes))])
    if not np.array_equal(total, block):
        return None
    holder = next((i for i, part in enumerate(parts) if is_positional(part)), 0)  # not the channels: these may go
    parts[holder] = parts[holder] + start
    return parts


def thinned(axes: Axes, grids: Grids) -> Axes:
    """The axes on a coarser grid, where only every second (third, …) row and column of a grid is left on them.

    So it is behind a slice with a step, and where the cells of a patch have been merged: the first one's are left.
    """
    places = [i for i, a in enumerate(axes) if is_positional(a)]
    codes = blank(1) + sum(int(a[0]) for i, a in enumerate(axes) if i not in places and len(a))
    for place in places:
        codes = (codes[:, None] + axes[place][None, :]).reshape(-1)
    found = grids.cells(codes)
    if not places or len(found) != 1:
        return axes
    ((index, cells),) = found.items()
    left = [np.unique(c) for c in np.unravel_index(cells[cells >= 0], grids.size(index))]
    step = max((int(rows[1] - rows[0]) for rows in left if len(rows) > 1), default=1)
    regular = [
        np.array_equal(rows, np.arange(rows[0], n, step)) for rows, n in zip(left, grids.size(index), strict=True)
    ]
    if step == 1 or not all(regular) or math.prod(map(len, left)) != len(np.unique(cells[cells >= 0])):
        return axes
    size = [len(rows) for rows in left]
    anew = grids.axes(grids.source(index), size)
    base = int(sum(a[0] for a in anew))
    coarse = [
        (c - rows[0]) // step
        for c, rows in zip(np.unravel_index(np.maximum(cells, 0), grids.size(index)), left, strict=True)
    ]
    codes = np.where(
        cells >= 0,
        base + np.ravel_multi_index([np.minimum(c, n - 1) for c, n in zip(coarse, size, strict=True)], size),
        NOWHERE,
    )
    parts = _split(codes, [len(axes[p]) for p in places])
    if parts is None:
        return axes
    return tuple(parts[places.index(i)] if i in places else blank(len(a)) for i, a in enumerate(axes))
