"""Models that decide otherwise than for one of several classes: a single score, or several classes at once."""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from onnxcam.errors import InputError
from onnxcam.targets.class_aims import of_classes
from onnxcam.targets.scores import Aim, Scores
from onnxcam.targets.target import LookUp, Target, spelling

__all__ = ["PredictedSet", "SingleScore"]


@dataclasses.dataclass(frozen=True, slots=True)
class SingleScore:
    """What raises, or what lowers, the score of a model that has one: a decision between two, or a regression.

    Attributes:
        is_positive: Whether it is raised.
    """

    is_positive: bool = True

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: The model has several classes.
        """
        if scores.classes != 1:
            raise InputError(
                f"'positive' and 'negative' are for a single score; this model has {scores.classes} classes. "
                "Name a class, or 'not' and a class.",
                classes=scores.classes,
            )
        sign = 1 if self.is_positive else -1
        classes = np.zeros(scores.count, np.int64)
        name = "positive" if self.is_positive else "negative"
        return (Aim(classes - 1, scores.one_hot(classes, None, sign), (name,) * scores.count),)


@dataclasses.dataclass(frozen=True, slots=True)
class PredictedSet:
    """Every class that a multi-label model predicts, a map for each, the most certain first.

    These are the classes whose score is above 0 before a Sigmoid, or whose probability is above 0.5; the highest one
    where there is none.

    Attributes:
        count: Most maps for a sample.
    """

    count: int = 20

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """An aim for each rank; it is for the samples that have so many.

        Raises:
            InputError: The classes exclude one another, or nothing says that they do not.
        """
        values = scores.by_class().sum(-1, dtype=np.float64)
        is_probability = not scores.before and values.min() >= 0 and values.max() <= 1
        if "Sigmoid" not in scores.before and not (is_probability and not np.allclose(values.sum(1), 1)):
            raise InputError(
                "this model does not predict several classes at once: its scores go into no Sigmoid. "
                "Use top5, or name the classes.",
                before=scores.before,
            )
        order = np.argsort(-values, axis=1, kind="stable")
        numbers = np.maximum((values > (0.5 if is_probability else 0)).sum(1), 1)
        ranks = range(min(int(numbers.max()), self.count))
        return tuple(dataclasses.replace(of_classes(scores, order[:, k]), is_for=k < numbers) for k in ranks)


@spelling(r"(positive|negative)", "negative", "what raises (positive) or lowers (negative) a single score")
def sign(match: re.Match[str], look_up: LookUp) -> Target:
    """`positive` and `negative`."""
    return SingleScore(is_positive=match[1] == "positive")


@spelling(r"every", "every", "every class that a multi-label model predicts, a map for each")
def every(match: re.Match[str], look_up: LookUp) -> Target:
    """`every`."""
    return PredictedSet()
