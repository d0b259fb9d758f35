"""Classes: the predicted one, a given one, the best few, several at once, one rather than another."""

from __future__ import annotations

import dataclasses
import re

import numpy as np

from onnxcam.errors import InputError
from onnxcam.targets.class_aims import of_classes, of_single
from onnxcam.targets.detection import detect
from onnxcam.targets.detection.box_targets import BestBoxes, ranked
from onnxcam.targets.positions import own_positions, winning_classes
from onnxcam.targets.scores import Aim, Scores, named
from onnxcam.targets.target import LookUp, Target, spelling

__all__ = ["ClassIndex", "Contrast", "Negative", "PredictedClass", "Several", "TopClasses"]


@dataclasses.dataclass(frozen=True, slots=True)
class PredictedClass:
    """What each sample is predicted as: the class of the highest score.

    Where scores have positions it is the class that wins at most of them, a background (class 0, if its name says so or
    none is known) left out where another wins anywhere; its score is summed over the positions where it wins. A
    model with a single score has decided by its sign where that goes on into a Sigmoid; else the score itself is
    explained. Of a detector it is the most probable box.
    """

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim."""
        detected = detect(scores)
        if detected is not None:
            return (ranked(scores, detected, 0, None),)
        if scores.classes == 1:
            return (of_single(scores),)
        return (of_classes(scores, winning_classes(scores)),)


@dataclasses.dataclass(frozen=True, slots=True)
class ClassIndex:
    """The same class for every sample, or one for each.

    Where scores have positions, the class's score is summed over those where it wins; over all where it wins nowhere.
    Of a detector it is the class's most probable box.

    Attributes:
        index: A class, or N of them.
    """

    index: int | tuple[int, ...]

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: A class that the model does not have, or not as many classes as samples.
        """
        detected = detect(scores)
        if isinstance(self.index, tuple):
            total = scores.total or scores.count
            if len(self.index) != total:
                raise InputError(
                    f"{len(self.index)} target classes for {total} inputs. Give one class, or as many as inputs.",
                    targets=len(self.index),
                    inputs=total,
                )
            chosen = [self.index[row] for row in (scores.rows or range(scores.count))]
        else:
            chosen = [self.index] * scores.count
        if detected is not None:
            return (ranked(scores, detected, 0, chosen),)
        return (of_classes(scores, np.array([scores.checked(c) for c in chosen], np.int64)),)


@dataclasses.dataclass(frozen=True, slots=True)
class TopClasses:
    """The k classes with the highest scores, the highest first; of scores with positions, those that win most of them.

    Of a detector the k most probable boxes.

    Attributes:
        k: How many, at least 1; as many as there are where there are fewer.
    """

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise InputError(f"the top {self.k} classes are none. Give 1 or more.", k=self.k)

    @property
    def count(self) -> int:
        """Maps for a sample, at most."""
        return self.k

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """An aim for each of the k."""
        if detect(scores) is not None:
            return BestBoxes(self.k).aims(scores)
        summed = scores.by_class().astype(np.float64)
        won = np.stack([(summed.argmax(1) == c).sum(-1) for c in range(scores.classes)], 1) if scores.positions else 0
        order = np.lexsort((-summed.sum(-1), -np.broadcast_to(won, summed.shape[:2])), axis=1)  # of equals the first
        return tuple(of_classes(scores, order[:, rank]) for rank in range(min(self.k, scores.classes)))


@dataclasses.dataclass(frozen=True, slots=True)
class Several:
    """Several targets at once, a map for each, from one forward run.

    Attributes:
        targets: The targets, in order.
    """

    targets: tuple[Target, ...]

    @property
    def count(self) -> int:
        """Maps for a sample, at most."""
        return sum(getattr(target, "count", 1) for target in self.targets)

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """The aims of each target in turn."""
        return tuple(aim for target in self.targets for aim in target.aims(scores))


@dataclasses.dataclass(frozen=True, slots=True)
class Contrast:
    """Why one class rather than another: the difference of their scores; of a detector, at the one's best box.

    Attributes:
        index: The class explained.
        against: The class that it is held against.
    """

    index: int
    against: int

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: A class that the model does not have.
        """
        detected = detect(scores)
        if detected is not None:
            return (ranked(scores, detected, 0, self.index, against=self.against),)
        a, b = (np.full(scores.count, scores.checked(c), np.int64) for c in (self.index, self.against))
        over = own_positions(scores, a) if scores.positions else None
        cotangent = scores.one_hot(a, over) + scores.one_hot(b, over, sign=-1)
        name = f"{named(self.index, scores.labels)} vs {named(self.against, scores.labels)}"
        return (Aim(a, cotangent, (name,) * scores.count),)


@dataclasses.dataclass(frozen=True, slots=True)
class Negative:
    """What speaks against a target: the same score with the other sign.

    Attributes:
        target: The target.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017, section 3.3 (counterfactual explanations).
    """

    target: Target

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """The target's aims, each with the other sign."""
        return tuple(
            dataclasses.replace(
                aim,
                cotangent=-aim.cotangent,
                names=tuple(f"not {name}" for name in aim.names),
                score=None if aim.score is None else -aim.score,
            )
            for aim in self.target.aims(scores)
        )


@spelling(r"top([1-9][0-9]*)", "top5", "the five classes with the highest scores, a map for each")
def top(match: re.Match[str], look_up: LookUp) -> Target:
    """`top5`."""
    return TopClasses(int(match[1]))


@spelling(r"(.+?) vs (.+)", "star vs heart", "why the one class and not the other")
def contrast(match: re.Match[str], look_up: LookUp) -> Target:
    """`A vs B`."""
    return Contrast(look_up(match[1]), look_up(match[2]))


@spelling(r"not (.+)", "not star", "what speaks against the class")
def against(match: re.Match[str], look_up: LookUp) -> Target:
    """`not A`."""
    return Negative(ClassIndex(look_up(match[1])))
