"""What a decoder is given and gives, and the registry of decoders."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np

from onnxcam.errors import InputError, nearest
from onnxcam.targets.scores import Array, Scores

__all__ = ["DECODERS", "Decoder", "Detections", "Heads", "decoder", "detect", "sigmoid", "softmax"]

STRIDES = (
    *((8, 16, 32), (8, 16, 32, 64), (16, 32), (4, 8, 16, 32), (8, 16, 32, 64, 128)),
    *((8,), (16,), (32,), (4,), (8, 16)),
)
"""The strides of detectors' grids, from the image to a cell, in the order in which heads are put together."""


@dataclasses.dataclass(frozen=True, slots=True)
class Detections:
    """What a detector's head says of a batch, before suppression.

    Attributes:
        boxes: `(n, P, 4)`, left, top, right, bottom in pixels of the model's input.
        probabilities: `(n, P, C)` in [0, 1], by which boxes are ranked.
        first: The place of class 0 along the score tensor's class axis.
        class_axis: That axis, where it is another than the plan's; None for the plan's.
        family: Name of the decoder.
    """

    boxes: Array
    probabilities: Array
    first: int = 0
    class_axis: int | None = None
    family: str = ""


class Heads:
    """The score tensor and the other outputs of a detector.

    Attributes:
        scores: The scores of the batch.
        size: Height and width of the model's input, pixels.
        settings: What the user says of the head: `strides`, `anchors`, …
    """

    def __init__(self, scores: Scores, settings: Mapping[str, Any]) -> None:
        self.scores = scores
        self.settings = settings
        self.size = (scores.input_size[0], scores.input_size[1])

    @cached_property
    def columns(self) -> Array:
        """The score tensor as `(n, columns, P)`."""
        return self.scores.by_class().astype(np.float32)

    @property
    def count(self) -> int:
        """Boxes of a sample."""
        return int(self.columns.shape[2])

    @cached_property
    def outputs(self) -> Mapping[str, Array]:
        """The model's float outputs."""
        return self.scores.outputs()

    def rows(self, width: int, count: int | None = None) -> Array | None:
        """The outputs of that width, `(n, count, width)`, one behind the other; None where they do not make it up.

        Levels may have their channels last, `(n, P, width)`, or first, `(n, width, h, w)`.
        """
        wanted, found = count or self.count, list[Array]()
        for array in self.outputs.values():
            if array.ndim == 3 and array.shape[2] == width:
                found.append(array)
            elif array.ndim == 4 and array.shape[1] == width:
                found.append(array.reshape(*array.shape[:2], -1).transpose(0, 2, 1))
        whole = [a for a in found if a.shape[1] == wanted]
        if whole:
            return whole[0].astype(np.float32)
        if found and sum(a.shape[1] for a in found) == wanted:
            return np.concatenate(found, axis=1).astype(np.float32)
        return None

    def cells(self, anchors: Sequence[int] = (1,)) -> tuple[Array, Array] | None:
        """Column and row of each box's cell, `(P, 2)`, and its stride, `(P, 1)`; None where no known grids make P."""
        given = self.settings.get("strides")
        for strides in [tuple(given)] if given else STRIDES:
            grids = [(math.ceil(self.size[0] / s), math.ceil(self.size[1] / s), s) for s in strides]
            for each in anchors:
                if sum(h * w * each for h, w, _ in grids) == self.count:
                    return _cells(grids, each)
        return None

    def probabilities(self, first: int = 0) -> Array:
        """The class columns from `first` on as probabilities, `(n, P, C)`."""
        columns = self.columns[:, first:].transpose(0, 2, 1)
        if "Softmax" in self.scores.before:
            return softmax(columns)
        is_probability = not self.scores.before and columns.min() >= 0 and columns.max() <= 1
        return columns if is_probability else sigmoid(columns)


def sigmoid(logits: Array) -> Array:
    """1 / (1 + exp(-logits)), for logits of any size."""
    return np.asarray((1 + np.tanh(logits / 2)) / 2)


def softmax(logits: Array) -> Array:
    """The share of each along the last axis, in [0, 1]."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def _cells(grids: Sequence[tuple[int, int, int]], each: int) -> tuple[Array, Array]:
    cells, strides = [], []
    for height, width, stride in grids:
        y, x = np.mgrid[:height, :width]
        cell = np.stack([x.ravel(), y.ravel()], axis=1)
        cells.append(np.repeat(cell, each, axis=0))
        strides.append(np.full((len(cell) * each, 1), stride))
    return np.concatenate(cells).astype(np.float32), np.concatenate(strides).astype(np.float32)


Decoder: TypeAlias = Callable[[Heads], Detections | None]
DECODERS: dict[str, Decoder] = {}


def decoder(name: str) -> Callable[[Decoder], Decoder]:
    """Register the decorated function under `name` and return it unchanged. It gives None for heads that do not fit."""

    def register(function: Decoder) -> Decoder:
        if name in DECODERS:
            raise ValueError(f"the decoder '{name}' is registered twice")
        DECODERS[name] = function
        return function

    return register


def detect(scores: Scores) -> Detections | None:
    """The boxes of a detector: by the decoder that `scores.head` names, else the first that fits; None if none does.

    Raises:
        InputError: The named decoder is not known, or does not fit.
    """
    settings: Mapping[str, Any] = scores.head or {}
    name = settings.get("family")
    if len(scores.input_size) != 2 or (name is None and scores.logits.ndim != 3):
        return None
    heads = Heads(scores, settings)
    if name is None:
        for family, decode in DECODERS.items():
            found = decode(heads)
            if found is not None:
                return dataclasses.replace(found, family=family)
        return None
    if name not in DECODERS:
        hint = nearest(name, DECODERS) or f" Known: {', '.join(DECODERS)}."
        raise InputError(f"no head '{name}'.{hint}", head=name)
    decoded = DECODERS[name](heads)
    if decoded is None:
        shapes = ", ".join(f"{n} {list(a.shape)}" for n, a in heads.outputs.items())
        raise InputError(
            f"the model's head does not fit '{name}': the score tensor is {list(scores.logits.shape)}, its outputs "
            f"{shapes}. Choose another of {', '.join(DECODERS)}, or name the strides.",
            head=name,
        )
    return dataclasses.replace(decoded, family=name)
