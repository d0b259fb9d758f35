"""How one tensor holds its grid, and the grid brought to channels first."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.space.axes import Axes, blank, is_positional, reshaped
from onnxcam.space.tracing import Tracing

__all__ = ["Arrangement", "arrange"]


@dataclasses.dataclass(frozen=True, slots=True)
class Arrangement:
    """Which entries of a tensor are which cells of a grid.

    Attributes:
        shape: The tensor's shape for a batch of `batch`.
        batch: Samples in `shape`; the first axis counts them, alone or with windows behind.
        grid: The size of the grid, `(h, w)` for a picture.
        source: The name of the input whose space it is.
        axes: The axes that hold positions, of the tensor with its first axis split into samples and the rest.
        order: For each cell the indices of its entries along those axes, flattened: `(h·w, m)`, m entries a cell.
    """

    shape: tuple[int, ...]
    batch: int
    grid: tuple[int, ...]
    source: str
    axes: tuple[int, ...]
    order: NDArray[np.intp]

    @property
    def described(self) -> str:
        """How the tensor holds the grid, in words."""
        places = [a - 1 for a in self.axes]
        size = " x ".join(map(str, self.grid))
        if places == list(range(2, len(self.shape))):
            return f"{size}, channels first"
        if places == list(range(1, len(self.shape) - 1)) and len(places) == len(self.grid):
            return f"{size}, channels last"
        entries = math.prod(self._split()[a] for a in self.axes)
        spare = entries - self.order.size
        left = f" behind or before {spare} without a place" if spare else ""
        return f"{size} in {self.order.size} tokens{left}"

    def fits(self, shape: Sequence[int]) -> bool:
        """Whether an array of that shape is arranged so, with any number of samples."""
        return tuple(shape[1:]) == self.shape[1:] and shape[0] % (self.shape[0] // self.batch) == 0

    def channels_first(self, array: NDArray[Any]) -> NDArray[Any]:
        """The array as `(N, K, *grid)`; entries that lie nowhere are left out, those that share a cell are channels."""
        flat, _ = self._by_position(array)
        cells, shared = self.order.shape
        index = self.order.reshape(-1)
        picked = flat if np.array_equal(index, np.arange(flat.shape[2])) else flat[:, :, index]
        n, k = flat.shape[:2]
        if shared == 1:
            return picked.reshape(n, k, *self.grid)
        return np.moveaxis(picked.reshape(n, k, cells, shared), 3, 2).reshape(n, k * shared, *self.grid)

    def as_laid_out(self, maps: NDArray[Any], like: NDArray[Any]) -> NDArray[Any]:
        """The inverse: `like`, an array as the model has it, with the grid's entries taken from `(N, K, *grid)`."""
        cells, shared = self.order.shape
        n, k = maps.shape[0], maps.shape[1] // shared
        values = np.moveaxis(maps.reshape(n, k, shared, cells), 2, 3).reshape(n, k, cells * shared)
        flat, restore = self._by_position(like)
        flat = flat.copy()
        flat[:, :, self.order.reshape(-1)] = values
        restored: NDArray[Any] = restore(flat)
        return restored

    def _split(self) -> tuple[int, ...]:
        return (self.batch, self.shape[0] // self.batch, *self.shape[1:])

    def _by_position(self, array: NDArray[Any]) -> tuple[NDArray[Any], Any]:
        """The array as (N, channels, positions), and the way back."""
        split = (-1, *self._split()[1:])
        blocks = array.reshape(split)
        channels = [i for i in range(1, blocks.ndim) if i not in self.axes]
        order = (0, *channels, *self.axes)
        moved = blocks.transpose(order)
        positions = math.prod(blocks.shape[a] for a in self.axes)

        def restore(flat: NDArray[Any]) -> NDArray[Any]:
            return flat.reshape(moved.shape).transpose(np.argsort(order)).reshape(array.shape)

        return moved.reshape(blocks.shape[0], -1, positions), restore


def arrange(tracing: Tracing, value: ir.Value) -> Arrangement | None:
    """How `value` holds the largest grid that it holds whole; None where it holds none."""
    axes, batch = tracing.axes.get(str(value.name)), tracing.batch
    if axes is None or len(axes) < 2 or len(axes[0]) % batch:
        return None
    lead = reshaped(axes[:1], (batch, len(axes[0]) // batch))
    if lead is None or is_positional(lead[0]):
        return None
    split: Axes = (*lead, *axes[1:])
    places = tuple(i for i, a in enumerate(split) if is_positional(a))
    if not places:
        return None
    codes = blank(1) + sum(int(a[0]) for i, a in enumerate(split) if i not in places and len(a))
    for place in places:
        codes = (codes[:, None] + split[place][None, :]).reshape(-1)
    found = []
    for grid, cells in tracing.grids.cells(codes).items():
        size = tracing.grids.size(grid)
        counts = np.bincount(cells[cells >= 0], minlength=math.prod(size))
        if counts.min() == counts.max() > 0 and len(counts) > 1:
            order = np.argsort(np.where(cells < 0, len(counts), cells), kind="stable")[: int(counts.sum())]
            shape = tuple(len(a) for a in axes)
            source = tracing.grids.source(grid)
            found.append(Arrangement(shape, batch, size, source, places, order.reshape(len(counts), -1)))
    return max(found, key=lambda a: math.prod(a.grid), default=None)
