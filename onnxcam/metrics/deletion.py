"""How the probability falls as relevant pixels go, and rises as they come."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics.ordering import by_relevance
from onnxcam.metrics.registry import metric
from onnxcam.metrics.science import scipy_part
from onnxcam.metrics.subject import Subject

__all__ = ["deletion", "insertion"]

STEPS = 32
BLOCK = 16  # tensors probed at once: what is held in memory
BLUR = 5 / 224  # standard deviation by the longer side


@metric("deletion", family="faithfulness", unit="probability", better="lower", needs=("tensor", "probe"))
def deletion(subject: Subject) -> float:
    """The mean probability as pixels go blank, the most relevant first: the area under the curve by the share gone.

    From the whole picture to a blank one in 32 steps of equally many pixels, by the trapezoidal rule. The paper takes
    224 steps at 224 x 224; peers take 10 to 30. Equal values go in an order drawn by chance that the map's values
    seed. The area runs over the shares that are truly gone, 0 to 1. NaN for a map of zeros.

    Source: Petsiuk et al., RISE, BMVC 2018 (deletion).
    """
    if subject.is_empty:
        return math.nan
    blank = np.broadcast_to(subject.blanks, subject.picture.shape)
    return area(subject, subject.picture, blank)


@metric(
    "insertion", family="faithfulness", unit="probability", better="higher", needs=("tensor", "probe"), takes_scipy=True
)
def insertion(subject: Subject) -> float:
    """The mean probability as pixels come into a blurred picture, the most relevant first.

    The area under the curve as in `deletion`, from a picture blurred by a Gaussian with a standard deviation of 5/224
    of the longer side, edges repeated, to the whole one. The paper says "highly blurred"; its code has 5 pixels at any
    size, cut off at a distance of 5 pixels, and zeros beyond the edges. On a blank start, where some peers begin, the
    first pixels to come make sharp edges of their own. NaN for a map of zeros.

    Source: Petsiuk et al., RISE, BMVC 2018 (insertion).
    """
    if subject.is_empty:
        return math.nan
    return area(subject, blurred(subject.picture), subject.picture)


def blurred(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    """A tensor `(C, H, W)` blurred over its height and width."""
    sigma = BLUR * max(tensor.shape[1:])
    result: NDArray[np.float32] = scipy_part("ndimage").gaussian_filter(tensor, (0, sigma, sigma), mode="nearest")
    return result


def area(subject: Subject, start: NDArray[np.float32], end: NDArray[np.float32]) -> float:
    """The area under the probabilities on the way from one tensor to the other, the most relevant pixels first."""
    pixels = subject.map.size
    counts = np.linspace(0, pixels, min(STEPS, pixels) + 1).round().astype(np.intp)
    curve = [subject.scores(block) for block in way(by_relevance(subject.map), counts, start, end)]
    return float(np.trapezoid(np.concatenate(curve), counts / pixels))


def way(
    order: NDArray[np.intp], counts: NDArray[np.intp], start: NDArray[np.float32], end: NDArray[np.float32]
) -> Iterator[NDArray[np.float32]]:
    """Blocks of tensors, each with the first so many pixels of an order as at the end, the others as at the start."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    rank = rank.reshape(start.shape[1:])
    for first in range(0, len(counts), BLOCK):
        arrived = rank < counts[first : first + BLOCK, np.newaxis, np.newaxis]
        yield np.where(arrived[:, np.newaxis], end, start)
