"""What is left of the confidence when the model sees the picture through the map."""

from __future__ import annotations

import math

from onnxcam.metrics.registry import metric
from onnxcam.metrics.subject import Subject

__all__ = ["average_drop", "increase"]


@metric("average-drop", family="faithfulness", unit="share", better="lower", needs=("tensor", "probe"))
def average_drop(subject: Subject) -> float:
    """The share of the confidence that is lost when the picture is seen through the map: max(0, y - o) / y.

    y is the probability of the explained class for the picture, o for blank + map (picture - blank). The paper's blank
    is black; pytorch-grad-cam and torch-cam multiply the normalised tensor, whose 0 is the mean colour, and
    pytorch-grad-cam does not divide by y. The paper gives the mean over pictures in percent. NaN for a map of zeros,
    and where y is not positive.

    Source: Chattopadhyay et al., Grad-CAM++, WACV 2018 (Average Drop %).
    """
    if subject.is_empty:
        return math.nan
    whole, seen = confidences(subject)
    return max(0.0, whole - seen) / whole if whole > 0 else math.nan


@metric("increase", family="faithfulness", unit="share", better="higher", needs=("tensor", "probe"))
def increase(subject: Subject) -> float:
    """Whether the confidence rises when the picture is seen through the map: 1 or 0, as y < o; y, o as in average-drop.

    The mean over pictures is the share of rises. NaN for a map of zeros.

    Source: Chattopadhyay et al., Grad-CAM++, WACV 2018 (% Increase in Confidence).
    """
    if subject.is_empty:
        return math.nan
    whole, seen = confidences(subject)
    return float(whole < seen)


def confidences(subject: Subject) -> tuple[float, float]:
    """The probe's answers for the picture, and for the picture seen through the map."""
    whole = subject.scores(subject.picture[None])[0]
    seen = subject.scores(subject.masked[None])[0]
    return float(whole), float(seen)
