"""A single score: its decision, and what raises or lowers it."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.exporting.targets.places import own_places
from onnxcam.exporting.targets.registry import in_graph
from onnxcam.exporting.targets.scores import GraphAim, GraphScores
from onnxcam.targets import SingleScore

__all__ = ["of_single"]


def of_single(op: Emitter, scores: GraphScores) -> GraphAim:
    """The decision of a single score: by its sign where that goes into a Sigmoid, else the score itself."""
    sample = scores.sample
    nothing = scores.constant(op, -1)
    if sample.positions or "Sigmoid" not in sample.before:
        over = own_places(op, scores, None) if sample.positions else None
        return GraphAim("the score", nothing, scores.one_hot(op, scores.constant(op, 0), over))
    is_positive = op.Greater(scores.by_class(op), 0.0)
    sign = op.Sub(op.Mul(op.Cast(is_positive, to=op.dtype), 2.0), 1.0)
    cotangent = scores.laid_out(op, sign)
    if sample.labels is None or len(sample.labels) != 2:
        return GraphAim("the decision", nothing, cotangent)
    return GraphAim("the decision", op.Reshape(op.Cast(is_positive, to=ir.DataType.INT64), [-1]), cotangent)


@in_graph(SingleScore)
def single(op: Emitter, scores: GraphScores, target: SingleScore, chosen: Any) -> tuple[GraphAim, ...]:
    """What raises, or what lowers, the score."""
    target.aims(scores.sample)  # refuses a model of several classes
    nothing = scores.constant(op, -1)
    sign = 1 if target.is_positive else -1
    name = "what raises the score" if target.is_positive else "what lowers the score"
    return (GraphAim(name, nothing, scores.one_hot(op, scores.constant(op, 0), None, sign)),)
