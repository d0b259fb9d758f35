"""Targets that name a box of a detector."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import numpy as np

from onnxcam.errors import InputError
from onnxcam.targets.detection.heads import DECODERS, Detections, detect
from onnxcam.targets.detection.suppression import overlaps, suppress
from onnxcam.targets.scores import Aim, Array, Scores, named
from onnxcam.targets.target import BOX, LookUp, Target, spelling

__all__ = ["BestBoxes", "Box", "NearestBox"]

NEARLY = 0.9
"""Of boxes that overlap the given one nearly as much as the best, the most probable is taken."""


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """The k-th box of a detector: its class's score there.

    Boxes are ranked by probability, and one that overlaps a better one of its class by more than half is left out.

    Attributes:
        k: The rank, 0 the best.
        index: The class; None for each box's own.
    """

    k: int = 0
    index: int | None = None

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: The model is no detector that is known, or has no such class or box.
        """
        return (ranked(scores, _detected(scores), self.k, self.index),)


@dataclasses.dataclass(frozen=True, slots=True)
class BestBoxes:
    """The best boxes of a detector, a map for each.

    Attributes:
        count: How many.
    """

    count: int

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """An aim for each, as far as there are so many boxes."""
        found = _detected(scores)
        return tuple(ranked(scores, found, k, None, is_lenient=True) for k in range(self.count))


@dataclasses.dataclass(frozen=True, slots=True)
class NearestBox:
    """The box that overlaps a given one most.

    Attributes:
        box: Left, top, right, bottom in pixels of the original picture (of the input for a tensor).
        index: The class whose score there is explained; None for the box's own.
    """

    box: tuple[float, float, float, float]
    index: int | None = None

    def aims(self, scores: Scores) -> tuple[Aim, ...]:
        """One aim.

        Raises:
            InputError: The model is no detector that is known, has no such class, or no box that overlaps.
        """
        found = _detected(scores)
        places, classes = [], []
        for row in range(scores.count):
            boxes, probabilities = on_picture(scores, found, row), _of_class(found, row, self.index)
            shared = overlaps(boxes, np.asarray(self.box, np.float64))
            if shared.max() <= 0:
                told = ",".join(f"{side:g}" for side in self.box)
                raise InputError(f"no box overlaps {told}. Give pixels of the original picture.", box=self.box)
            near = np.flatnonzero(shared >= NEARLY * shared.max())
            places.append(int(near[probabilities[near].argmax()]))
            classes.append(_class_at(found, row, places[-1], self.index))
        return (_aim(scores, found, places, classes),)


def ranked(
    scores: Scores,
    found: Detections,
    k: int,
    index: int | Sequence[int] | None,
    *,
    against: int | None = None,
    is_lenient: bool = False,
) -> Aim:
    """The aim at each row's box of rank k; where there is none it is an error, or is not for that row if `is_lenient`.

    Args:
        scores: The scores.
        found: What the head says.
        k: The rank.
        index: The class, or one for each row; None for each box's own.
        against: A class whose score at the box is subtracted.
        is_lenient: Whether a row may have fewer boxes.

    Raises:
        InputError: No such class, or no such box.
    """
    wanted = list(index) if isinstance(index, Sequence) else [index] * scores.count
    count = found.probabilities.shape[2]
    missing = [c for c in (*wanted, against) if c is not None and not 0 <= c < count]
    if missing:
        raise InputError(f"no class {missing[0]}: the detector has {count} classes.", class_index=missing[0])
    places, classes, is_for = [], [], []
    for row, one in enumerate(wanted):
        order = _ranking(found, row, one)
        if k >= len(order) and not is_lenient:
            raise InputError(f"no box {k}: there are {len(order)}, box 0 is the best.", box=k, boxes=len(order))
        is_for.append(k < len(order))
        places.append(order[min(k, len(order) - 1)])
        classes.append(_class_at(found, row, places[-1], one))
    return dataclasses.replace(_aim(scores, found, places, classes, against), is_for=np.array(is_for))


def _ranking(found: Detections, row: int, index: int | None) -> list[int]:
    """Places of a row's boxes, the most probable first, each class suppressed on its own."""
    scored = _of_class(found, row, index)
    if index is not None:
        return suppress(found.boxes[row], scored)
    own = found.probabilities[row].argmax(-1)
    apart = own[:, None] * (2 * np.abs(found.boxes[row]).max() + 1)  # boxes of two classes never overlap so
    return suppress(found.boxes[row] + apart, scored)


def _of_class(found: Detections, row: int, index: int | None) -> Array:
    probabilities = found.probabilities[row]
    return np.asarray(probabilities.max(-1) if index is None else probabilities[:, index])


def _class_at(found: Detections, row: int, place: int, index: int | None) -> int:
    return int(found.probabilities[row, place].argmax()) if index is None else index


def _aim(scores: Scores, found: Detections, places: list[int], classes: list[int], against: int | None = None) -> Aim:
    laid = scores if found.class_axis is None else dataclasses.replace(scores, class_axis=found.class_axis)
    weights = np.zeros(laid.by_class().shape, np.float32)
    rows = np.arange(scores.count)
    weights[rows, np.array(classes) + found.first, places] = 1
    if against is not None:
        weights[rows, against + found.first, places] -= 1
    names = []
    for row, (place, c) in enumerate(zip(places, classes, strict=True)):
        told = ",".join(f"{side:.0f}" for side in on_picture(scores, found, row)[place])
        other = "" if against is None else f" vs {named(against, scores.labels)}"
        names.append(f"{named(c, scores.labels)}{other}, {found.probabilities[row, place, c]:.2f} in {told}")
    return Aim(np.array(classes, np.int64), laid.laid_out(weights), tuple(names))


def on_picture(scores: Scores, found: Detections, row: int) -> Array:
    """A row's boxes in pixels of its original picture."""
    frame = scores.frames[row] if row < len(scores.frames) else None
    boxes: Array = found.boxes[row].astype(np.float64)
    if frame is None:
        return boxes
    left, top = frame.to_original_point(boxes[:, 0], boxes[:, 1])
    right, bottom = frame.to_original_point(boxes[:, 2], boxes[:, 3])
    found_boxes: Array = np.stack([left, top, right, bottom], axis=-1)
    return found_boxes


def _detected(scores: Scores) -> Detections:
    found = detect(scores)
    if found is None:
        raise InputError(
            f"the score tensor {list(scores.logits.shape)} is no detector's head that is known. Name one with --head: "
            f"{', '.join(DECODERS)}; a file that ends in NonMaxSuppression is to be exported without it.",
            shape=scores.logits.shape,
        )
    return found


@spelling(r"(?:(.+?) )?box ([0-9]+)", "star box 0", "a detector's box by its rank, of a class or of all")
def box(match: re.Match[str], look_up: LookUp) -> Target:
    """`[A] box K`."""
    return Box(int(match[2]), look_up(match[1]) if match[1] else None)


@spelling(rf"(?:(.+?) )?box near ({BOX})", "box near 10,20,90,80", "the nearest of a detector's boxes")
def near(match: re.Match[str], look_up: LookUp) -> Target:
    """`[A] box near X1,Y1,X2,Y2`."""
    left, top, right, bottom = map(float, match[2].split(","))
    return NearestBox((left, top, right, bottom), look_up(match[1]) if match[1] else None)
