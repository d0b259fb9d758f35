"""Detectors: the most probable box, by a ranking of each family."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeAlias

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.errors import InputError
from onnxcam.exporting.targets.registry import in_graph
from onnxcam.exporting.targets.scores import GraphAim, GraphScores, indicator, is_among
from onnxcam.targets import Box
from onnxcam.targets.detection import Detections, detect
from onnxcam.targets.scores import named

__all__ = ["BEST", "RANKINGS", "best_box", "is_detector"]

BEST = "the best box"

Ranking: TypeAlias = Callable[[Emitter, GraphScores, Detections], Any]
"""What boxes are ranked by, `(N, C, P)`: the probabilities of `Detections`."""

RANKINGS: dict[str, Ranking] = {}


def ranking(*families: str) -> Callable[[Ranking], Ranking]:
    """Register the decorated function for families of heads, and return it unchanged."""

    def register(function: Ranking) -> Ranking:
        for family in families:
            if family in RANKINGS:
                raise ValueError(f"the family '{family}' is ranked twice")
            RANKINGS[family] = function
        return function

    return register


def is_detector(scores: GraphScores) -> bool:
    """Whether the model is a detector that is known."""
    return detect(scores.sample) is not None


def best_box(op: Emitter, scores: GraphScores, name: str, chosen: Any, against: Any = None) -> GraphAim:
    """The class's score at the most probable box of all, or of the class `chosen` where the detector has it.

    The score of the class `against`, `(N,)`, at the same box is subtracted.

    Raises:
        InputError: A family whose ranking is not known as a graph.
    """
    found = detect(scores.sample)
    assert found is not None
    if found.family not in RANKINGS:
        raise InputError(
            f"the boxes of '{found.family}' cannot be ranked in a file. Name the scores with --output-name.",
            family=found.family,
        )
    ranked = RANKINGS[found.family](op, scores, found)
    best, own = op.ReduceMax(ranked, [1], keepdims=0), op.ArgMax(ranked, axis=1, keepdims=0)
    if chosen is not None:
        hot = indicator(op, chosen, found.probabilities.shape[2])
        of_chosen = op.ReduceSum(op.Mul(ranked, op.Unsqueeze(hot, [2])), [1], keepdims=0)
        is_class = op.Unsqueeze(is_among(op, chosen, found.probabilities.shape[2]), [1])
        best = op.Where(is_class, of_chosen, best)
        own = op.Where(is_class, op.Unsqueeze(chosen, [1]), own)
    laid = _laid(scores, found)
    place = indicator(op, op.ArgMax(best, axis=1, keepdims=0), _places(op, laid, found, best))
    at_place = op.ReduceSum(op.Mul(op.Cast(own, to=op.dtype), place), [1], keepdims=0)
    classes = op.Cast(at_place, to=ir.DataType.INT64)
    cotangent = laid.one_hot(op, op.Add(classes, found.first), place)
    if against is not None:
        cotangent = op.Add(cotangent, laid.one_hot(op, op.Add(against, found.first), place, sign=-1))
    return GraphAim(name, classes, cotangent)


def _laid(scores: GraphScores, found: Detections) -> GraphScores:
    """The scores with the classes where the family has them."""
    if found.class_axis is None:
        return scores
    return dataclasses.replace(scores, sample=dataclasses.replace(scores.sample, class_axis=found.class_axis))


def _places(op: Emitter, laid: GraphScores, found: Detections, best: Any) -> Any:
    """How many boxes there are, as a scalar."""
    sizes = [size for axis, size in enumerate(laid.shape) if axis not in (0, laid.sample.class_axis)]
    if None not in sizes:
        return found.probabilities.shape[1]
    return op.Squeeze(op.Slice(op.Shape(best), [1], [2]), [0])


@in_graph(Box)
def box(op: Emitter, scores: GraphScores, target: Box, chosen: Any) -> tuple[GraphAim, ...]:
    """The best box, of all or of a class.

    Raises:
        InputError: A box of another rank, which is found by suppression.
    """
    if target.k:
        raise InputError(
            f"box {target.k} is found by suppression, which is not exported. Export box 0, the best.", target=target
        )
    target.aims(scores.sample)  # refuses what is no detector, and a class that it does not have
    if target.index is None:
        return (best_box(op, scores, BEST, None),)
    name = f"{BEST} of {named(target.index, scores.sample.labels)}"
    return (best_box(op, scores, name, scores.constant(op, target.index)),)


@ranking("yolov8", "blazeface", "gfl", "ssd", "anchors")
def by_class(op: Emitter, scores: GraphScores, found: Detections) -> Any:
    """The probabilities of the classes, which are all columns from the first class on."""
    return _probabilities(op, scores, found.first)


@ranking("yolov5", "yolox")
def by_objectness(op: Emitter, scores: GraphScores, found: Detections) -> Any:
    """Objectness times the probabilities."""
    objectness = op.Slice(scores.by_class(op), [4], [5], [1])
    return op.Mul(objectness, _probabilities(op, scores, found.first))


@ranking("fcos")
def by_centredness(op: Emitter, scores: GraphScores, found: Detections) -> Any:
    """The root of the probabilities times the centredness, where there is one."""
    probabilities = _probabilities(op, scores, found.first)
    centred = _rows(op, scores, 1) if scores.classes != 1 else None
    return probabilities if centred is None else op.Sqrt(op.Mul(probabilities, _sigmoid(op, centred)))


@ranking("detr")
def by_query(op: Emitter, scores: GraphScores, found: Detections) -> Any:
    """The softmax of the logits without its last class, or the sigmoid of all."""
    logits = op.Transpose(scores.logits, perm=[0, 2, 1])
    classes = found.probabilities.shape[2]
    if classes == scores.sample.logits.shape[2]:
        return _sigmoid(op, logits)
    return op.Slice(_softmax(op, logits), [0], [classes], [1])


def _probabilities(op: Emitter, scores: GraphScores, first: int) -> Any:
    """As `Heads.probabilities`, of the columns from `first` on: `(N, C, P)`; a background is taken from the softmax."""
    columns, sample = scores.by_class(op), scores.sample
    if "Softmax" in sample.before:
        whole = _softmax(op, columns)
        return op.Slice(whole, [first], [scores.classes], [1]) if first else whole
    picked = op.Slice(columns, [first], [scores.classes], [1]) if first else columns
    values = sample.by_class()[:, first:]
    is_probability = not sample.before and values.min() >= 0 and values.max() <= 1
    return picked if is_probability else _sigmoid(op, picked)


def _sigmoid(op: Emitter, logits: Any) -> Any:
    return op.Mul(op.Add(op.Tanh(op.Mul(logits, 0.5)), 1.0), 0.5)


def _softmax(op: Emitter, logits: Any) -> Any:
    """Along the classes, `(N, C, P)`."""
    powers = op.Exp(op.Sub(logits, op.ReduceMax(logits, [1], keepdims=1)))
    return op.Div(powers, op.ReduceSum(powers, [1], keepdims=1))


def _rows(op: Emitter, scores: GraphScores, width: int) -> Any:
    """As `Heads.rows`: the outputs of that width, as `(N, width, P)`; None where they do not make up the boxes."""
    count = scores.sample.by_class().shape[2]
    found: dict[str, int] = {}
    for name, array in scores.sample.outputs().items():
        if array.ndim == 3 and array.shape[2] == width:
            found[name] = array.shape[1]
        elif array.ndim == 4 and array.shape[1] == width:
            found[name] = array.shape[2] * array.shape[3]
    whole = [name for name, size in found.items() if size == count]
    names = whole[:1] or (list(found) if sum(found.values()) == count else [])
    if not names:
        return None
    parts = [_level(op, scores.outputs[name], scores.sample.outputs()[name].ndim) for name in names]
    return parts[0] if len(parts) == 1 else op.Concat(*parts, axis=2)


def _level(op: Emitter, value: Any, rank: int) -> Any:
    return op.Transpose(value, perm=[0, 2, 1]) if rank == 3 else op.Reshape(value, [0, 0, -1])
