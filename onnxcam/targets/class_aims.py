"""The aim at one class of each sample, and at the decision of a single score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.targets.positions import own_positions
from onnxcam.targets.scores import Aim, Scores, named

__all__ = ["of_classes", "of_single"]


def of_classes(scores: Scores, classes: NDArray[np.int64]) -> Aim:
    """A class for each row, over the positions where it wins; a single score is no class."""
    over = own_positions(scores, classes) if scores.positions else None
    names = tuple(named(int(c), scores.labels) for c in classes)
    if scores.classes == 1:
        classes, names = np.full(len(classes), -1, np.int64), ("the score",) * len(classes)
        return Aim(classes, scores.one_hot(np.zeros_like(classes), over), names)
    return Aim(classes, scores.one_hot(classes, over), names)


def of_single(scores: Scores) -> Aim:
    """The decision of a single score."""
    if scores.positions or "Sigmoid" not in scores.before:
        return of_classes(scores, np.zeros(scores.count, np.int64))
    is_positive = scores.by_class()[:, 0, 0] > 0
    signs = np.where(is_positive, 1, -1)
    cotangent = scores.laid_out(signs[:, None, None] * np.ones((1, 1, 1), np.float32))
    labels = scores.labels if scores.labels is not None and len(scores.labels) == 2 else None
    classes = is_positive.astype(np.int64) if labels is not None else np.full(scores.count, -1, np.int64)
    names = tuple(named(int(p), labels) if labels is not None else "positive" if p else "negative" for p in is_positive)
    return Aim(classes, cotangent, names)
