"""Two methods for tests, each in a few lines, that ask for runs of a changed input and of a changed activation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.cam import Evidence, Saliency

__all__ = ["ablation", "score_weighted"]

Array = NDArray[Any]


def score_weighted(evidence: Evidence) -> Saliency:
    """Each channel by the score of the input that it masks, softmax over the channels: ReLU(sum_k alpha_k A_k).

    Source: Wang et al., Score-CAM, CVPR Workshops 2020, as pytorch-grad-cam computes it.
    """
    runs = evidence.runs
    scores = np.stack([runs.of_inputs(row, masked(evidence, row)) for row in range(len(evidence.activation))])
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return evidence.by_channel(shares / shares.sum(axis=1, keepdims=True))


def ablation(evidence: Evidence) -> Saliency:
    """Each channel by the share of the score that is lost without it: ReLU(sum_k alpha_k A_k).

    Source: Desai and Ramaswamy, Ablation-CAM, WACV 2020, equation 3.
    """
    runs = evidence.runs
    left = np.stack([runs.of_activations(row, without_each(a)) for row, a in enumerate(evidence.activation)])
    return evidence.by_channel((runs.scores[:, None] - left) / runs.scores[:, None])


def without_each(activation: Array) -> Iterator[Array]:
    for k in range(len(activation)):
        changed = activation.copy()
        changed[k] = 0
        yield changed


def masked(evidence: Evidence, row: int) -> Iterator[Array]:
    """The input times each channel, enlarged to its size with aligned corners and scaled to [0, 1]."""
    runs = evidence.runs
    given, axes = runs.inputs[row], [axis - 1 for axis in runs.space]
    for channel in evidence.activation[row].astype(np.float64):
        mask = channel
        for axis, place in enumerate(axes):
            mask = enlarged(mask, given.shape[place], axis)
        mask = (mask - mask.min()) / (mask.max() - mask.min() + 1e-8)
        shape = [given.shape[a] if a in axes else 1 for a in range(given.ndim)]
        yield (given * mask.reshape(shape)).astype(given.dtype)


def enlarged(array: Array, length: int, axis: int) -> Array:
    places = np.linspace(0, array.shape[axis] - 1, length)
    lower = np.floor(places).astype(int)
    upper = np.minimum(lower + 1, array.shape[axis] - 1)
    weight = (places - lower).reshape([-1 if a == axis else 1 for a in range(array.ndim)])
    return array.take(lower, axis) * (1 - weight) + array.take(upper, axis) * weight
