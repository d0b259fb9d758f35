"""Scores with positions: the class that wins, where it wins, and one position."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from onnxcam.autodiff.emitter import Emitter
from onnxcam.errors import InputError
from onnxcam.exporting.targets.registry import in_graph
from onnxcam.exporting.targets.scores import GraphAim, GraphScores, indicator
from onnxcam.targets import AtPosition, InBox, InMask, Target
from onnxcam.targets.positions import has_background
from onnxcam.targets.scores import named

__all__ = ["own_places", "wins_of"]


def wins_of(op: Emitter, scores: GraphScores, *, is_counted: bool = False) -> Any:
    """The class that wins at most places, `(N,)`, a background left out where another wins anywhere.

    Where `is_counted`, at how many places each class wins, `(N, C)`, a background like any other.
    """
    wins = op.ArgMax(scores.by_class(op), axis=1, keepdims=0)
    counts = op.ReduceSum(indicator(op, wins, scores.classes, axis=1), [2], keepdims=0)
    if is_counted:
        return counts
    if has_background(scores.sample):
        first, others = op.Slice(counts, [0], [1], [1]), op.Slice(counts, [1], [scores.classes], [1])
        is_any = op.Greater(op.ReduceMax(others, [1], keepdims=1), 0.0)
        counts = op.Concat(op.Where(is_any, -1.0, first), others, axis=1)
    return op.ArgMax(counts, axis=1, keepdims=0)


def own_places(op: Emitter, scores: GraphScores, classes: Any) -> Any:
    """1 where each sample's class wins and 0 elsewhere, `(N, P)`; 1 everywhere where it wins nowhere."""
    values = scores.by_class(op)
    if scores.classes == 1:
        logits = scores.sample.by_class()
        is_probability = not scores.sample.before and logits.min() >= 0 and logits.max() <= 1
        is_won = op.Greater(op.Squeeze(values, [1]), 0.5 if is_probability else 0.0)
    else:
        is_won = op.Equal(op.ArgMax(values, axis=1, keepdims=0), op.Unsqueeze(classes, [1]))
    won = op.Cast(is_won, to=op.dtype)
    return op.Add(won, op.Sub(1.0, op.ReduceMax(won, [1], keepdims=1)))


@in_graph(AtPosition)
def at_position(op: Emitter, scores: GraphScores, target: AtPosition, chosen: Any) -> tuple[GraphAim, ...]:
    """A class at one position."""
    return (_within(op, scores, target, target.index),)


@in_graph(InBox)
def in_box(op: Emitter, scores: GraphScores, target: InBox, chosen: Any) -> tuple[GraphAim, ...]:
    """A class in a box of the model's input."""
    return (_within(op, scores, target, target.index),)


@in_graph(InMask)
def in_mask(op: Emitter, scores: GraphScores, target: InMask, chosen: Any) -> tuple[GraphAim, ...]:
    """A class on a mask of the model's input."""
    return (_within(op, scores, target, target.index),)


def _within(op: Emitter, scores: GraphScores, target: Target, index: int | None) -> GraphAim:
    """The class at the positions that the target names, which are the same in every run.

    Raises:
        InputError: The positions of the model's scores differ with its input's size, which the file leaves open.
    """
    if any(scores.shape[axis] is None for axis in scores.sample.positions):
        raise InputError(
            "a position can only be exported for a model whose input has a fixed size. Name a class alone.",
            target=target,
        )
    sample = dataclasses.replace(scores.sample, frames=())
    (aim,) = target.aims(sample)
    weights = dataclasses.replace(sample, logits=aim.cotangent).by_class()[:1]
    over = np.abs(weights).max(1).astype(op.dtype.numpy())
    if index is not None:
        classes: Any = scores.constant(op, index)
    else:
        weighed = op.Mul(scores.by_class(op), over[:, None])
        classes = op.ArgMax(op.ReduceSum(weighed, [2], keepdims=0), axis=1, keepdims=0)
    name, labels = aim.names[0], sample.labels
    if index is None and scores.classes > 1:
        name = f"the class that wins{name.removeprefix(named(int(aim.class_index[0]), labels))}"
    cotangent = scores.one_hot(op, classes, over)
    return GraphAim(name, classes if scores.classes > 1 else scores.constant(op, -1), cotangent)
