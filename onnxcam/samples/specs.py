"""What each input of a model takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.errors import InputError
from onnxcam.graph import Model, upstream
from onnxcam.imaging import Layout

__all__ = ["InputSpec", "find_inputs", "main_input"]

CHANNELS = (1, 3, 4)


@dataclasses.dataclass(frozen=True, slots=True)
class InputSpec:
    """What one input of the model takes.

    Attributes:
        name: The input's name.
        shape: Its dimensions, None for each that is dynamic.
        dtype: Its element type.
        symbols: What the file calls each dimension, None where it has a number or no name; () where unknown.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]
    symbols: tuple[str | None, ...] = ()

    @property
    def layout(self) -> Layout:
        """`NHWC` where the last dimension alone looks like channels, else `NCHW`."""
        is_last = len(self.shape) == 4 and self.shape[3] in CHANNELS and self.shape[1] not in CHANNELS
        return "NHWC" if is_last else "NCHW"

    @property
    def is_picture(self) -> bool:
        """Whether a picture fits: four dimensions."""
        return len(self.shape) == 4

    @property
    def channel_axis(self) -> int | None:
        """The axis of the channels; None below three dimensions, `(N, T)`.

        Of a picture, `layout` tells. Of a signal, `(N, C, T)` or `(N, T, C)`, and of a volume it is the last where that
        is known and smaller than the second, or the second is not known; else the second.
        """
        if len(self.shape) < 3:
            return None
        if self.is_picture:
            return 3 if self.layout == "NHWC" else 1
        second, last = self.shape[1], self.shape[-1]
        return len(self.shape) - 1 if last is not None and (second is None or last < second) else 1

    def space_axes(self, count: int | None = None) -> tuple[int, ...]:
        """The axes that are neither samples nor channels.

        Args:
            count: How many there are, where that is known, as from a layer: all but the first, where so many are left.
        """
        behind = range(1, len(self.shape))
        return tuple(behind) if count == len(behind) else tuple(a for a in behind if a != self.channel_axis)

    def space(self, shape: Sequence[int], count: int | None = None) -> tuple[int, ...]:
        """The spatial dimensions of an array of this input's layout; `count` as in `space_axes`."""
        known = self if self.shape else dataclasses.replace(self, shape=(None,) * len(shape))
        return tuple(shape[a] for a in known.space_axes(count))

    def __str__(self) -> str:
        """The input as a message writes it: `float32 [?, 3, 224, 224]`."""
        return f"{self.dtype} [{', '.join('?' if d is None else str(d) for d in self.shape)}]"


def find_inputs(model: Model) -> dict[str, InputSpec]:
    """The inputs that a caller must feed; initializers listed as inputs are none."""
    weights = model.shipped.graph.initializers
    specs = {}
    for value in model.shipped.graph.inputs:
        if value.name in weights or not isinstance(value.type, ir.TensorType):
            continue
        dims = tuple(d if isinstance(d, int) else None for d in value.shape) if value.shape is not None else ()
        symbols = tuple(d.value if isinstance(d, ir.SymbolicDim) else None for d in value.shape or ())
        specs[str(value.name)] = InputSpec(str(value.name), dims, np.dtype(value.type.dtype.numpy()), symbols)
    return specs


def main_input(
    model: Model, specs: Mapping[str, InputSpec], layers: Sequence[str] = (), source: str | None = None
) -> InputSpec:
    """The input that is explained: `source`, whose space the layers have, or the first of highest rank before them.

    Raises:
        InputError: The model has no tensor input.
    """
    if source in specs:
        return specs[str(source)]
    needed = {v.name for v in upstream(model.graph, [model.value(layer) for layer in layers])}
    found = [s for s in specs.values() if s.name in needed] or list(specs.values())
    if not found:
        raise InputError(f"{model.path.name} has no tensor input to explain.", path=model.path)
    return max(found, key=lambda s: len(s.shape))
