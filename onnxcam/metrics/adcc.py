"""Average drop, coherency and complexity, and the three in one figure."""

from __future__ import annotations

import math

import numpy as np

from onnxcam.metrics.confidence import average_drop
from onnxcam.metrics.registry import metric
from onnxcam.metrics.similarity import pearson
from onnxcam.metrics.subject import Subject

__all__ = ["adcc", "coherency", "complexity"]


@metric("complexity", family="faithfulness", unit="share", better="lower")
def complexity(subject: Subject) -> float:
    """The map's mean, which is its L1 norm by the number of pixels: how much of the picture it takes.

    NaN for a map of zeros, which takes nothing and explains nothing.

    Source: Poppi et al., Revisiting the Evaluation of Class Activation Mapping for Explainability, CVPR Workshops 2021
    (complexity).
    """
    return math.nan if subject.is_empty else float(subject.map.mean(dtype=np.float64))


@metric("coherency", family="faithfulness", unit="share", better="higher", needs=("tensor", "remap"))
def coherency(subject: Subject) -> float:
    """How alike the map and the map of the picture seen through it are: (Pearson's correlation + 1) / 2.

    The picture seen through the map is blank + map (picture - blank). NaN where a map of the two is constant; the
    authors' code takes 0 there.

    Source: Poppi et al., Revisiting the Evaluation of Class Activation Mapping for Explainability, CVPR Workshops 2021
    (coherency).
    """
    if subject.is_empty:
        return math.nan
    return (pearson(subject.map, subject.maps(subject.masked[None])[0]) + 1) / 2


@metric("adcc", family="faithfulness", unit="share", better="higher", needs=("tensor", "probe", "remap"))
def adcc(subject: Subject) -> float:
    """The harmonic mean of coherency, 1 - complexity and 1 - average drop; 0 where one of them is.

    Of each map, as in the paper; OpenVINO XAI takes the harmonic mean of the three means over a data set. NaN where one
    of the three is.

    Source: Poppi et al., Revisiting the Evaluation of Class Activation Mapping for Explainability, CVPR Workshops 2021
    (ADCC).
    """
    parts = (coherency(subject), 1 - complexity(subject), 1 - average_drop(subject))
    if any(math.isnan(part) for part in parts):
        return math.nan
    return 3 / sum(1 / part for part in parts) if min(parts) > 0 else 0.0
