"""What is to be explained: which layer, which score, and why."""

from __future__ import annotations

import dataclasses

from onnxcam.graph import Model

__all__ = ["Candidate", "Plan"]


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """A layer that could be explained.

    Attributes:
        layer: Name of the value.
        node: Name of the node that makes it (the value's name where the node has none).
        op_type: Operator of that node.
        shape: Dimensions as the file has them: an int, a symbol, or None.
        position: Index of the node in the graph's order.
    """

    layer: str
    node: str
    op_type: str
    shape: tuple[int | str | None, ...]
    position: int


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """What is differentiated with respect to what.

    Attributes:
        model: The loaded model.
        layer: Name of the value that is explained.
        output: Name of the score tensor: what stands before a trailing softmax or sigmoid.
        reason: Why this layer and this score, one sentence.
        candidates: Layers that could be explained instead, in graph order.
    """

    model: Model = dataclasses.field(repr=False)
    layer: str
    output: str
    reason: str
    candidates: tuple[Candidate, ...]
