"""One node on the way, the registry of flows, and the flow of every operator that has none of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.graph import Constants
from onnxcam.space.axes import Axes, Grids, blank, broadcast, is_positional

__all__ = ["FLOWS", "Flow", "Passage", "elementwise", "flow", "flow_of", "kept"]

Shapes = Sequence[tuple[int, ...] | None]


@dataclasses.dataclass(slots=True)
class Passage:
    """One node, with what is known of its inputs.

    Attributes:
        node: The node.
        inputs: Axes of each input; None for a constant, or where they are not known.
        sizes: The shape of each input.
        shapes: The shape of each output.
        constants: What can be known of the graph's values.
        grids: The model's grids.
        source: The name of the input whose space the node works in.
        mixed: The inputs that are mixed, by place.
    """

    node: ir.Node
    inputs: list[Axes | None]
    sizes: Shapes
    shapes: Shapes
    constants: Constants
    grids: Grids
    source: str
    mixed: set[int] = dataclasses.field(default_factory=set)

    @property
    def data(self) -> int:
        """The place of the first input with axes."""
        return next((i for i, axes in enumerate(self.inputs) if axes is not None), 0)

    @property
    def first(self) -> Axes | None:
        """The axes of the first input that has some."""
        return self.inputs[self.data] if self.inputs else None

    @property
    def names_of_mixed(self) -> frozenset[str]:
        """The names of the inputs that are mixed."""
        return frozenset(str(v.name) for i, v in enumerate(self.node.inputs) if v is not None and i in self.mixed)

    def mix(self, place: int, axes: Sequence[int] | None = None) -> None:
        """Say that an input is mixed, if its position changes along one of `axes` (along any, for None)."""
        given = self.inputs[place]
        if given is None:
            return
        if any(
            is_positional(given[a])
            for a in (range(len(given)) if axes is None else axes)
            if -len(given) <= a < len(given)
        ):
            self.mixed.add(place)

    def number(self, name: str, default: int) -> int:
        """An integer attribute."""
        return self.node.attributes[name].as_int() if name in self.node.attributes else default

    def numbers(self, name: str) -> list[int] | None:
        """A list attribute, None where there is none."""
        return list(self.node.attributes[name].as_ints()) if name in self.node.attributes else None

    def constant(self, place: int) -> NDArray[np.int64] | None:
        """A constant input of integers, None where it is absent or not known."""
        if place >= len(self.node.inputs):
            return None
        array = self.constants.array(self.node.inputs[place])
        return None if array is None or array.dtype.kind not in "iu" else array.astype(np.int64)


Flow: TypeAlias = Callable[[Passage], list[Axes | None]]
FLOWS: dict[str, Flow] = {}


def flow(*op_types: str) -> Callable[[Flow], Flow]:
    """Register the decorated function for these operators, of whatever domain, and return it unchanged."""

    def register(function: Flow) -> Flow:
        FLOWS.update(dict.fromkeys(op_types, function))
        return function

    return register


def flow_of(node: ir.Node) -> Flow:
    """The operator's flow, or else that of an elementwise operator, if the shapes are those of one."""
    return FLOWS.get(node.op_type, elementwise)


def elementwise(at: Passage) -> list[Axes | None]:
    """Broadcast, where an output has the shape that the inputs broadcast to; anything else mixes what it is given."""
    results: list[Axes | None] = []
    sizes = [s for s in at.sizes if s is not None]
    for shape in at.shapes:
        if shape is not None and _is_broadcast(sizes, shape):
            results.append(broadcast([a for a in at.inputs if a is not None], shape))
        else:
            results.append(kept(at.first, shape))
            for place in range(len(at.inputs)):
                at.mix(place)
    return results


def _is_broadcast(sizes: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> bool:
    try:
        return bool(sizes) and np.broadcast_shapes(*sizes) == shape
    except ValueError:
        return False


def kept(axes: Axes | None, shape: tuple[int, ...] | None) -> Axes | None:
    """The axes of an input as far as the sizes are those of the output; they say nothing where the ranks differ."""
    if shape is None or axes is None or len(axes) != len(shape):
        return None if shape is None else tuple(blank(n) for n in shape)
    return tuple(a if len(a) == n else blank(n) for a, n in zip(axes, shape, strict=True))
