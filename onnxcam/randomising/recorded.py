"""A target that chooses once, of the original's scores, and keeps to it."""

from __future__ import annotations

import dataclasses

from onnxcam.targets import Target
from onnxcam.targets.scores import Aim, Scores

__all__ = ["Recorded"]


class Recorded:
    """What `target` chose the first time, whenever the same samples come again.

    The score is the scores times that choice's cotangent, in a model with other weights too.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._aims: dict[tuple[int, ...], tuple[Aim, ...]] = {}

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """The aims of the first time."""
        if scores.rows not in self._aims:
            chosen = self._target.aims(scores)
            self._aims[scores.rows] = tuple(dataclasses.replace(aim, score=None) for aim in chosen)
        return self._aims[scores.rows]
