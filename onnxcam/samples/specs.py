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

__all__ = ["InputSpec", "assumed_preprocess", "find_inputs", "main_input"]

CHANNELS = (1, 3, 4)


@dataclasses.dataclass(frozen=True, slots=True)
class InputSpec:
    """What one input of the model takes.

    Attributes:
        name: The input's name.
        shape: Its dimensions, None for each that is dynamic.
        dtype: Its element type.
    """

    name: str
    shape: tuple[int | None, ...]
    dtype: np.dtype[Any]

    @property
    def layout(self) -> Layout:
        """`NHWC` where the last dimension alone looks like channels, else `NCHW`."""
        is_last = len(self.shape) == 4 and self.shape[3] in CHANNELS and self.shape[1] not in CHANNELS
        return "NHWC" if is_last else "NCHW"

    @property
    def is_picture(self) -> bool:
        """Whether a picture fits: four dimensions."""
        return len(self.shape) == 4

    def space(self, shape: Sequence[int]) -> tuple[int, ...]:
        """The spatial dimensions of an array of this input's layout."""
        if len(shape) == 4 and self.layout == "NHWC":
            return tuple(shape[1:3])
        return tuple(shape[2:])

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
        specs[str(value.name)] = InputSpec(str(value.name), dims, np.dtype(value.type.dtype.numpy()))
    return specs


def main_input(model: Model, layer: str, specs: Mapping[str, InputSpec]) -> InputSpec:
    """The input that the layer's space belongs to: the first of highest rank that the layer depends on.

    Raises:
        InputError: The model has no tensor input.
    """
    needed = {v.name for v in upstream(model.graph, [model.value(layer)])}
    found = [s for s in specs.values() if s.name in needed] or list(specs.values())
    if not found:
        raise InputError(f"{model.path.name} has no tensor input to explain.", path=model.path)
    return max(found, key=lambda s: len(s.shape))


def assumed_preprocess(spec: InputSpec) -> str:
    """The preset for a model that does not tell its own: `unit` for one channel, else `imagenet`."""
    channels = spec.shape[3 if spec.layout == "NHWC" else 1] if spec.is_picture else None
    return "unit" if channels == 1 else "imagenet"
