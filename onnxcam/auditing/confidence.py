"""Scores as probabilities: of a class, for each sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.targets import Scores
from onnxcam.targets.detection import detect

__all__ = ["probabilities"]


def probabilities(scores: Scores) -> NDArray[np.float64]:
    """The probability of each class, `(n, C)`, in [0, 1].

    The softmax of the score tensor, unless it stands before a Sigmoid or has a single class: then the sigmoid of each.
    Of scores with positions the mean over these, of a detector that of the class's most probable box.
    """
    found = detect(scores)
    if found is not None:
        return np.asarray(found.probabilities.max(1), np.float64)
    of_each = _sigmoid if "Sigmoid" in scores.before or scores.classes == 1 else _softmax
    return np.stack([of_each(one.astype(np.float64)).mean(-1) for one in scores.by_class()])


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * values)))


def _softmax(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Over the classes, of `(C, P)`."""
    powers = np.exp(values - values.max(0))
    return np.asarray(powers / powers.sum(0))
