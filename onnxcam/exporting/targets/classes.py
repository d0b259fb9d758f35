"""Classes: the predicted one or the one that is chosen, a given one, the best few, one rather than another."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnxcam.autodiff.emitter import Emitter
from onnxcam.errors import InputError
from onnxcam.exporting.targets.boxes import BEST, best_box, is_detector
from onnxcam.exporting.targets.decisions import of_single
from onnxcam.exporting.targets.places import own_places, wins_of
from onnxcam.exporting.targets.registry import aims, in_graph
from onnxcam.exporting.targets.scores import GraphAim, GraphScores, is_among
from onnxcam.targets import ClassIndex, Contrast, Negative, PredictedClass, Several, TopClasses
from onnxcam.targets.scores import named

__all__ = ["of_class"]

PREDICTED = "the predicted class"
CHOSEN = "the class that cam_target names, or the predicted one"
BEST_OF_CHOSEN = "the best box of the class that cam_target names, or of all"

BETWEEN = 0.5
"""Share of one place that the scores themselves decide, of classes that win at equally many."""


@in_graph(PredictedClass)
def predicted(op: Emitter, scores: GraphScores, target: PredictedClass, chosen: Any) -> tuple[GraphAim, ...]:
    """The class of the highest score, or what `cam_target` says."""
    if is_detector(scores):
        return (best_box(op, scores, BEST if chosen is None else BEST_OF_CHOSEN, chosen),)
    if scores.classes == 1:
        return (of_single(op, scores),)
    has_places = bool(scores.sample.positions)
    found = wins_of(op, scores) if has_places else op.ArgMax(scores.by_sample(op), axis=1, keepdims=0)
    if chosen is None:
        return (of_class(op, scores, PREDICTED, found),)
    return (of_class(op, scores, CHOSEN, op.Where(is_among(op, chosen, scores.classes), chosen, found)),)


@in_graph(ClassIndex)
def index(op: Emitter, scores: GraphScores, target: ClassIndex, chosen: Any) -> tuple[GraphAim, ...]:
    """The same class for every sample."""
    if not isinstance(target.index, int):
        raise InputError(
            "a class for each sample cannot be fixed in a file; leave it to the input cam_target.", target=target
        )
    target.aims(scores.sample)  # refuses a class that the model does not have
    name = named(target.index, scores.sample.labels)
    drawn = best_box if is_detector(scores) else of_class
    return (drawn(op, scores, name, scores.constant(op, target.index)),)


@in_graph(TopClasses)
def top(op: Emitter, scores: GraphScores, target: TopClasses, chosen: Any) -> tuple[GraphAim, ...]:
    """The classes with the highest scores; with positions those that win most of them."""
    if is_detector(scores):
        raise InputError(
            "the best boxes of a detector are found by suppression, which is not exported. Name a class or several.",
            target=target,
        )
    count = min(target.k, scores.classes)
    ranked = scores.by_sample(op)
    if scores.sample.positions:
        above = op.Sub(ranked, op.ReduceMin(ranked, [1], keepdims=1))
        share = op.Div(above, op.Add(op.ReduceMax(above, [1], keepdims=1), 1e-7))
        ranked = op.Add(wins_of(op, scores, is_counted=True), op.Mul(share, BETWEEN))
    _, order = op.TopK(ranked, np.array([count], np.int64), axis=1, _outputs=2)
    each = (op.Squeeze(op.Slice(order, [k], [k + 1], [1]), [1]) for k in range(count))
    return tuple(of_class(op, scores, f"rank {k + 1}", one) for k, one in enumerate(each))


@in_graph(Several)
def several(op: Emitter, scores: GraphScores, target: Several, chosen: Any) -> tuple[GraphAim, ...]:
    """The aims of each target in turn."""
    return tuple(aim for one in target.targets for aim in aims(op, scores, one))


@in_graph(Contrast)
def contrast(op: Emitter, scores: GraphScores, target: Contrast, chosen: Any) -> tuple[GraphAim, ...]:
    """The difference of two scores; of a detector, at the one's best box."""
    target.aims(scores.sample)  # refuses a class that the model does not have
    name = " vs ".join(named(c, scores.sample.labels) for c in (target.index, target.against))
    a, b = (scores.constant(op, c) for c in (target.index, target.against))
    if is_detector(scores):
        return (best_box(op, scores, name, a, against=b),)
    over = own_places(op, scores, a) if scores.sample.positions else None
    return (GraphAim(name, a, op.Add(scores.one_hot(op, a, over), scores.one_hot(op, b, over, sign=-1))),)


@in_graph(Negative)
def negative(op: Emitter, scores: GraphScores, target: Negative, chosen: Any) -> tuple[GraphAim, ...]:
    """The target's aims, each with the other sign."""
    found = aims(op, scores, target.target)
    return tuple(GraphAim(f"not {aim.name}", aim.class_index, op.Neg(aim.cotangent)) for aim in found)


def of_class(op: Emitter, scores: GraphScores, name: str, classes: Any) -> GraphAim:
    """A class for each sample, over the places where it wins; a single score is no class."""
    over = own_places(op, scores, classes) if scores.sample.positions else None
    cotangent = scores.one_hot(op, classes, over)
    return GraphAim(name, classes if scores.classes > 1 else scores.constant(op, -1), cotangent)
