"""The targets that have a graph, by their type.

    @in_graph(TopClasses)
    def top(op, scores, target): …

A new one is one function in a file of this folder, imported in `__init__.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from onnxcam.autodiff.emitter import Emitter
from onnxcam.errors import InputError
from onnxcam.exporting.targets.scores import GraphAim, GraphScores
from onnxcam.targets import PredictedClass, Target

__all__ = ["GRAPHS", "Draw", "aims", "in_graph", "takes_choice"]

Draw: TypeAlias = Callable[[Emitter, GraphScores, Any, Any], tuple[GraphAim, ...]]
"""From an emitter, the scores, the target and what `cam_target` says, None where there is none, to the aims."""

GRAPHS: dict[type, Draw] = {}


def in_graph(kind: type) -> Callable[[Draw], Draw]:
    """Register the decorated function for targets of a type, and return it unchanged."""

    def register(function: Draw) -> Draw:
        if kind in GRAPHS:
            raise ValueError(f"{kind.__name__} has two graphs")
        GRAPHS[kind] = function
        return function

    return register


def aims(op: Emitter, scores: GraphScores, target: Target, chosen: Any = None) -> tuple[GraphAim, ...]:
    """What is explained of each sample: one score, or several.

    Args:
        op: Emits them.
        scores: The score tensor.
        target: The target.
        chosen: The value of `cam_target`, int64 `(N,)` or `(1,)`, for `PredictedClass`: the classes to explain, of
            which -1, as every number that is no class of the model, is the predicted class: of a detector the best
            box of all.

    Raises:
        InputError: A target that has no graph, or does not fit the model.
    """
    if type(target) not in GRAPHS:
        raise InputError(
            f"a target such as {type(target).__name__} cannot be exported: what it is about is known in a run of "
            "onnxcam alone. Name a class or several, 'A vs B', 'not A', topK, or leave it to cam_target.",
            target=target,
        )
    return GRAPHS[type(target)](op, scores, target, chosen)


def takes_choice(scores: GraphScores, target: Target) -> bool:
    """Whether `cam_target` says something: the target leaves the class open, and the model has several."""
    return isinstance(target, PredictedClass) and scores.classes > 1
