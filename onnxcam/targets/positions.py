"""Scores with positions: segmentation, heat maps, sequences. A class over its own mask, a box, a point, a mask file."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.targets.scores import Aim, Array, Scores, named
from onnxcam.targets.target import BOX, LookUp, Target, spelling

__all__ = ["AtPosition", "InBox", "InMask", "has_background", "own_positions", "winning_classes"]

BACKGROUNDS = frozenset({"background", "bg", "none", "unlabeled", "unlabelled", "void"})


def winning_classes(scores: Scores, over: Array | None = None) -> NDArray[np.int64]:
    """The predicted class of each row, `(n,)`; with positions the one that wins at most of them (of `over`)."""
    values = scores.by_class()
    if not scores.positions:
        return np.asarray(values.sum(-1, dtype=np.float64).argmax(1), np.int64)
    wins = values.argmax(1)
    counted = np.ones(wins.shape, bool) if over is None else over
    counts = np.stack([((wins == c) & counted).sum(1) for c in range(scores.classes)], 1)
    if has_background(scores):
        counts[:, 0] = np.where(counts[:, 1:].any(1), -1, counts[:, 0])
    return np.asarray(counts.argmax(1), np.int64)


def own_positions(scores: Scores, classes: NDArray[np.int64], over: Array | None = None) -> NDArray[np.bool_]:
    """Where each row's class wins, `(n, P)`, within `over`; all of it where it wins nowhere.

    A single class wins where its score is above 0, or above 0.5 where it is a probability that nothing stands before.
    """
    values = scores.by_class()
    if scores.classes == 1:
        is_probability = not scores.before and values.min() >= 0 and values.max() <= 1
        wins = values[:, 0] > (0.5 if is_probability else 0)
    else:
        wins = values.argmax(1) == classes[:, None]
    within = np.ones(wins.shape, bool) if over is None else over
    found = wins & within
    return np.where(found.any(1, keepdims=True), found, within)


def has_background(scores: Scores) -> bool:
    """Whether class 0 may be a background: its name says so, or there are no names."""
    return scores.labels is None or scores.labels[0].strip("_ ").casefold() in BACKGROUNDS


@dataclasses.dataclass(frozen=True, slots=True)
class InBox:
    """A class where its scores' positions lie in a box, or the class that wins there.

    Attributes:
        box: Left, top, right, bottom in pixels of the original picture (of the input for a tensor).
        index: The class; None for the one that wins within.
    """

    box: tuple[float, float, float, float]
    index: int | None = None

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: Scores without a picture's positions, or a box with none of them.
        """
        left, top, right, bottom = self.box

        def inside(x: Array, y: Array) -> Array:
            found: Array = (left <= x) & (x < right) & (top <= y) & (y < bottom)
            return found

        return (_within(scores, self.index, inside, f"in {left:g},{top:g},{right:g},{bottom:g}"),)


@dataclasses.dataclass(frozen=True, slots=True)
class InMask:
    """A class where its scores' positions lie on a mask, or the class that wins there.

    Attributes:
        mask: Of the original picture (of the input for a tensor), `(H, W)`; what is not zero counts.
        index: The class; None for the one that wins within.
        name: What the mask is called.
    """

    mask: Array
    index: int | None = None
    name: str = "the mask"

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: Scores without a picture's positions, or a mask with none of them.
        """
        height, width = self.mask.shape

        def inside(x: Array, y: Array) -> Array:
            is_on = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            rows, columns = (np.clip(np.floor(v), 0, n - 1).astype(int) for v, n in ((y, height), (x, width)))
            found: Array = is_on & (self.mask[rows, columns] != 0)
            return found

        return (_within(scores, self.index, inside, f"in {self.name}"),)


@dataclasses.dataclass(frozen=True, slots=True)
class AtPosition:
    """A class at one position: x and y in a picture, the step of a sequence, the indices in a volume.

    Attributes:
        position: Of a picture x and y in pixels of the original (of the input for a tensor); else indices along the
            score tensor's axes of positions, in their order.
        index: The class; None for the one that wins there.
    """

    position: tuple[int, ...]
    index: int | None = None

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: A position that the scores do not have.
        """
        told = "at " + ",".join(map(str, self.position))
        if len(self.position) == 2 and len(scores.grid) == 2:
            px, py = (p + 0.5 for p in self.position)

            def nearest(x: Array, y: Array) -> Array:
                reach = [np.unique(np.round(v, 6)) for v in (x, y)]
                steps = [np.diff(r).min() / 2 if len(r) > 1 else np.inf for r in reach]
                distance = (x - px) ** 2 + (y - py) ** 2
                is_near = (np.abs(x - px) <= steps[0]) & (np.abs(y - py) <= steps[1])
                return np.asarray(is_near & (distance == distance.min()))

            return (_within(scores, self.index, nearest, told),)
        fits = len(self.position) == len(scores.grid)
        if not fits or any(not 0 <= p < n for p, n in zip(self.position, scores.grid, strict=True)):
            raise InputError(
                f"no position {told}: the score tensor has {' x '.join(map(str, scores.grid)) or 'no'} positions.",
                position=self.position,
                grid=scores.grid,
            )
        over = np.zeros((scores.count, math.prod(scores.grid)), bool)
        over[:, np.ravel_multi_index(self.position, scores.grid)] = True
        return (_aim(scores, self.index, over, told),)


def _within(scores: Scores, index: int | None, inside: Callable[[Array, Array], Array], told: str) -> Aim:
    over = np.stack([inside(*scores.points(row)) for row in range(scores.count)])
    if not over.any(1).all():
        raise InputError(
            f"no score lies {told}: it is outside of what the model sees, or smaller than one of its "
            f"{' x '.join(map(str, scores.grid))} positions. Coordinates are pixels of the original picture.",
            region=told,
        )
    return _aim(scores, index, over, told)


def _aim(scores: Scores, index: int | None, over: NDArray[np.bool_], told: str) -> Aim:
    if index is not None:
        classes = np.full(scores.count, scores.checked(index), np.int64)
    else:
        weighed = np.where(over[:, None, :], scores.by_class(), 0).sum(-1, dtype=np.float64)
        classes = np.asarray(weighed.argmax(1), np.int64)
    names = tuple(f"{named(int(c), scores.labels) if scores.classes > 1 else 'the score'} {told}" for c in classes)
    cotangent = scores.one_hot(classes, over)
    return Aim(classes if scores.classes > 1 else classes - 1, cotangent, names)


@spelling(r"(?:(.+?) )?at ([0-9]+(?:,[0-9]+)*)", "star at 12,40", "a class at a point, or at a step of a sequence")
def at_position(match: re.Match[str], look_up: LookUp) -> Target:
    """`[A] at X,Y`."""
    return AtPosition(tuple(map(int, match[2].split(","))), look_up(match[1]) if match[1] else None)


@spelling(
    rf"(?:(.+?) )?in ({BOX})",
    "star in 10,20,90,80",
    "a class in a box: left, top, right, bottom",
)
def in_box(match: re.Match[str], look_up: LookUp) -> Target:
    """`[A] in X1,Y1,X2,Y2`."""
    left, top, right, bottom = map(float, match[2].split(","))
    return InBox((left, top, right, bottom), look_up(match[1]) if match[1] else None)
