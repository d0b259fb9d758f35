"""What is to be explained: which layers, which score, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from onnxcam.graph import Model
from onnxcam.space import Arrangement, arrange, trace

__all__ = ["Candidate", "Plan", "ScoreLayout"]


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A layer that could be explained.

    Attributes:
        layer: Name of the value.
        node: Name of the node that makes it (the value's name where the node has none).
        op_type: Operator of that node.
        shape: Dimensions as the file has them: an int, a symbol, or None.
        position: Index of the node among those between the inputs and the score.
        grid: Size of the space that it holds, for the input size that the file fixes or that was assumed.
        reason: What speaks for it.
    """

    layer: str
    node: str
    op_type: str
    shape: tuple[int | str | None, ...]
    position: int
    grid: tuple[int, ...] = ()
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class ScoreLayout:
    """What the axes of the score tensor are.

    Attributes:
        class_axis: The axis of the classes, counted from the front; 0 for a tensor of rank 1.
        positions: The axes along which the place changes, none for a classifier.
        before: The operators that the score tensor stands before, from the score to the output: Softmax, Sigmoid, …
        joined: Names of the tensors that it is put together from, where the model gives one for each scale.
    """

    class_axis: int
    positions: tuple[int, ...] = ()
    before: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What is differentiated with respect to what.

    Attributes:
        model: The loaded model.
        layers: Names of the values that are explained; the maps of several are averaged.
        output: Name of the score tensor: what stands before a trailing softmax or sigmoid.
        reason: Why these layers and this score, one sentence.
        candidates: Layers that could be explained instead, in graph order.
        scores: What the axes of the score tensor are.
        arrangements: How each layer holds its grid; None where that is not known.
    """

    model: Model = dataclasses.field(repr=False)
    layers: tuple[str, ...]
    output: str
    reason: str
    candidates: tuple[Candidate, ...]
    scores: ScoreLayout = ScoreLayout(class_axis=1)
    arrangements: tuple[Arrangement | None, ...] = dataclasses.field(default=(), repr=False)

    @property
    def layer(self) -> str:
        """Name of the layer, the first one where there are several."""
        return self.layers[0]

    @property
    def source(self) -> str | None:
        """Name of the input whose space the layers have; None where that is not known."""
        return next((a.source for a in self.arrangements if a is not None), None)

    @property
    def grid(self) -> tuple[int, ...]:
        """The size of the first layer's grid, for assumed sizes where the file leaves the input open; () if unknown."""
        return next((a.grid for a in self.arrangements if a is not None), ())

    def arranged(self, sizes: Mapping[str, Sequence[int]]) -> tuple[Arrangement | None, ...]:
        """How each layer holds its grid when the inputs have these shapes, by name."""
        tracing = trace(self.model, sizes)
        return tuple(arrange(tracing, self.model.value(name)) for name in self.layers)
