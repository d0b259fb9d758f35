"""Scores as probabilities: of a class, for each sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.targets import Scores

__all__ = ["probabilities"]


def probabilities(scores: Scores) -> NDArray[np.float64]:
    """The share of each class, `(n, C)`, in [0, 1]; of scores with positions, from their means over these.

    The softmax of the score tensor, unless it stands before a Sigmoid or has a single class: then the sigmoid of each.
    """
    values = scores.by_class().astype(np.float64).mean(-1)
    if "Sigmoid" in scores.before or scores.classes == 1:
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-values)))
    powers = np.exp(values - values.max(1, keepdims=True))
    return np.asarray(powers / powers.sum(1, keepdims=True))
