"""A layer's value brought to channels and cells, as nodes."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.errors import PlanError
from onnxcam.space import Arrangement

__all__ = ["Cells", "Dimension", "cells_of", "dimension", "has_open_size", "vector"]

Dimension = int | ir.Value
"""A size: a number, or a value of shape (1,) where only a run knows it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cells:
    """How a layer is read.

    Attributes:
        layer: The layer, of the forward graph.
        arrangement: How it holds its grid; None for one that is channels first.
        is_open: Whether the file leaves the size of an input open, and with it what inference does not tell of the
            layer; else that is as the arrangement has it.
    """

    layer: ir.Value
    arrangement: Arrangement | None
    is_open: bool

    def grid(self, op: Emitter) -> tuple[Dimension, ...]:
        """The sizes of the grid."""
        found = self.arrangement
        if found is not None and not self._varies():
            return found.grid
        places = range(2, len(self._dims())) if found is None else [a - 1 for a in found.axes]
        return tuple(dimension(op, self.layer, axis) for axis in places)

    def flat(self, op: Emitter, value: Any) -> Any:
        """A value of the layer's shape as `(N, K, P)`.

        Raises:
            PlanError: Where its entries lie differs with the input's size, which the file leaves open.
        """
        found = self.arrangement
        if found is None:
            return op.Reshape(value, [0, 0, -1])
        if not self._is_plain(found):
            return self._picked(op, value, found)
        channels = [a for a in range(1, len(found.shape)) if a + 1 not in found.axes]
        order = [0, *channels, *(a - 1 for a in found.axes)]
        moved = value if order == sorted(order) else op.Transpose(value, perm=order)
        return op.Reshape(moved, [0, 0 if channels else 1, -1])

    def _picked(self, op: Emitter, value: Any, found: Arrangement) -> Any:
        """As `flat`, for one whose cells are windows, tokens, or several entries."""
        if self._varies():
            raise PlanError(
                f"where the entries of the layer '{self.layer.name}' lie depends on the input's size, which the file "
                "leaves open. Fix its size when you export the model, or choose another layer with --layer.",
                layer=self.layer.name,
            )
        lead = found.shape[0] // found.batch
        split = (lead, *found.shape[1:])
        channels = [i + 1 for i in range(len(split)) if i + 1 not in found.axes]
        count = math.prod(split[i - 1] for i in channels)
        order = [0, *channels, *found.axes]
        whole = op.Reshape(value, [-1, *split])
        moved = whole if order == sorted(order) else op.Transpose(whole, perm=order)
        flat = op.Reshape(moved, [0, count, -1])
        index = found.order.reshape(-1).astype(np.int64)
        entries = math.prod(split[a - 1] for a in found.axes)
        picked = flat if np.array_equal(index, np.arange(entries)) else op.Gather(flat, index, axis=2)
        cells, shared = found.order.shape
        if shared == 1:
            return picked
        apart = op.Transpose(op.Reshape(picked, [0, 0, cells, shared]), perm=[0, 1, 3, 2])
        return op.Reshape(apart, [0, count * shared, cells])

    def _dims(self) -> tuple[int | None, ...]:
        """The layer's dimensions behind the first, None for each that is open."""
        shape = self.layer.shape
        assert shape is not None
        return (0, *(d if isinstance(d, int) else None for d in list(shape)[1:]))

    def _varies(self) -> bool:
        """Whether the layer's dimensions differ with the input's size."""
        return self.is_open and None in self._dims()

    def _is_plain(self, found: Arrangement) -> bool:
        """Whether the grid is some of the axes, in order, and one other at most the channels."""
        is_whole = found.shape[0] == found.batch and len(found.axes) == len(found.grid)
        is_plain = is_whole and len(found.shape) - 1 - len(found.axes) <= 1 and found.order.shape[1] == 1
        return is_plain and np.array_equal(found.order[:, 0], np.arange(len(found.order)))


def cells_of(layer: ir.Value, arrangement: Arrangement | None, *, is_open: bool) -> Cells:
    """How the layer is read.

    Raises:
        PlanError: It has no space.
    """
    if layer.shape is None or (arrangement is None and layer.shape.rank() < 3):
        raise PlanError(f"the layer '{layer.name}' has no space to map. Choose another with --layer.", layer=layer.name)
    return Cells(layer, arrangement, is_open)


def has_open_size(graph: ir.Graph) -> bool:
    """Whether an input's size is left to a run, its number of samples apart."""
    inputs = [value for value in graph.inputs if not value.is_initializer()]
    if any(value.shape is None for value in inputs):
        return True
    counts = {value.shape[0] for value in inputs if value.shape}
    sizes = [d for value in inputs for d in (value.shape or ())[1:] if isinstance(d, ir.SymbolicDim)]
    return any(d.value is None or d not in counts for d in sizes)


def dimension(op: Emitter, value: ir.Value, axis: int) -> Dimension:
    """The size of a forward value along an axis."""
    assert value.shape is not None
    size = value.shape[axis]
    found: Dimension = size if isinstance(size, int) else op.Slice(op.Shape(value), [axis], [axis + 1])
    return found


def vector(op: Emitter, sizes: Sequence[Dimension]) -> Any:
    """Sizes as one vector of int64: an array where all are numbers."""
    if all(isinstance(s, int) for s in sizes):
        return np.array(sizes, np.int64)
    return op.Concat(*(np.array([s], np.int64) if isinstance(s, int) else s for s in sizes), axis=0)
