"""The tellers: what knows how pictures become a model's input, and what its classes are called.

    @teller(Place.METADATA)
    def image_metadata(subject):
        ...

A teller is a function of one `Subject` that returns what its source says, or None where it says nothing. It reads and
never runs the model. Where two say the same part, the first in the order of `Place` counts, within a place the first
registered.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import onnx_ir as ir

from onnxcam.errors import InputError
from onnxcam.graph import Model
from onnxcam.imaging import Layout, Preprocess
from onnxcam.tellers.neighbours import Neighbours

__all__ = ["Place", "Subject", "Teller", "Told", "ask", "dimensions", "element_type", "listed", "teller"]


class Place(enum.IntEnum):
    """Where a teller looks, in the order in which tellers are asked."""

    METADATA = 0
    """What the exporter wrote into the file about its input."""
    GRAPH = 1
    """What the graph does with its input, or with its classes."""
    BESIDE = 2
    """Files beside the model."""
    CONVENTION = 3
    """What goes without saying for files of this kind."""


@dataclasses.dataclass(frozen=True, slots=True)
class Subject:
    """What a teller is asked about.

    Attributes:
        model: The loaded model.
        input: The input that pictures are for, in the model's graph; None where it has none.
        layout: How that input is laid out.
        scores: Dimensions of the score tensor, None for each that is dynamic; () where it is not known.
        neighbours: The files beside the model.
    """

    model: Model
    input: ir.Value | None
    layout: Layout
    scores: tuple[int | None, ...]
    neighbours: Neighbours

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Dimensions of the input, None for each that is dynamic."""
        return dimensions(self.input)

    @property
    def is_picture(self) -> bool:
        """Whether the input takes pictures: four dimensions."""
        return len(self.shape) == 4

    @property
    def is_classifier(self) -> bool:
        """Whether the scores have no positions, or nothing is known of them."""
        return len([d for d in self.scores[1:] if d != 1]) <= 1

    @property
    def channels(self) -> int | None:
        """Channels of the input."""
        return self.shape[self.channel_axis] if self.is_picture else None

    @property
    def channel_axis(self) -> int:
        """The input's axis of channels."""
        return 3 if self.layout == "NHWC" else 1

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Height and width of the input."""
        if not self.is_picture:
            return None, None
        return (self.shape[1], self.shape[2]) if self.layout == "NHWC" else (self.shape[2], self.shape[3])


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """What one source says.

    Attributes:
        source: Where it was found, in words that follow "from".
        settings: Fields of `Preprocess`; a part of which one field is named counts as told.
        labels: Class names by index.
        notes: What the reader must know about it.
    """

    source: str
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    labels: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()


Teller: TypeAlias = Callable[[Subject], Told | None]

TELLERS: list[tuple[Place, Teller]] = []


def teller(place: Place) -> Callable[[Teller], Teller]:
    """Register the decorated function as one that looks in `place`, and return it unchanged."""

    def register(function: Teller) -> Teller:
        TELLERS.append((place, function))
        return function

    return register


def ask(subject: Subject) -> Iterator[Told]:
    """What every teller says, in order; of settings that make no sense only the complaint is left, as a note."""
    for _, tell in sorted(TELLERS, key=lambda pair: pair[0]):
        told = tell(subject)
        if told is None:
            continue
        try:
            Preprocess(**told.settings)
        except InputError as error:
            note = f"what {told.source} says of pictures is not used: {str(error).rstrip('.')}"
            told = dataclasses.replace(told, settings={}, notes=(*told.notes, note))
        yield told


def dimensions(value: ir.Value | None) -> tuple[int | None, ...]:
    """The dimensions of a value, None for each that is dynamic; () where nothing is known."""
    if value is None or value.shape is None:
        return ()
    return tuple(d if isinstance(d, int) else None for d in value.shape)


def listed(words: Sequence[str]) -> str:
    """Words as a list: `a, b and c`."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def element_type(value: ir.Value) -> np.dtype[Any] | None:
    """The element type of a value, None where it is not known."""
    return np.dtype(value.dtype.numpy()) if value.dtype is not None else None
