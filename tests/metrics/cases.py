"""Maps of 5 x 5 pixels, and the figures that one computes by hand for them."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics import Probe, Remap, Subject


def picture(*rows: str) -> NDArray[np.float32]:
    """A map from digits, a row each, by the largest of them."""
    digits = np.array([[float(value) for value in row.split()] for row in rows], np.float32)
    return digits / digits.max()


def mask(top: int, left: int, bottom: int, right: int, size: tuple[int, int] = (5, 5)) -> NDArray[np.bool_]:
    """A rectangle; bottom and right are beyond it."""
    region = np.zeros(size, np.bool_)
    region[top:bottom, left:right] = True
    return region


def pixel(row: int, column: int) -> Probe:
    """A model that sees one pixel of the first channel."""
    return lambda tensors: tensors[:, 0, row, column].astype(np.float64)


def factors(*values: float) -> Remap:
    """Maps that are the map `A`, each by a factor of its own."""
    return lambda tensors: np.stack([A * np.float32(value) for value in values[: len(tensors)]])


# Sum 11 before scaling.
A = picture("0 0 0 0 0", "0 4 2 0 0", "0 1 0 0 0", "0 0 1 0 2", "0 .8 0 0 .2")
SHARES = [4 / 11, 2 / 11, 2 / 11, 1 / 11, 1 / 11, 0.8 / 11, 0.2 / 11]
ONES = np.ones((1, 5, 5), np.float32)
RAMP = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
UPPER_LEFT = mask(1, 1, 3, 3)
FLAT = np.full((5, 5), 0.5, np.float32)
ONE_PIXEL = np.eye(25, dtype=np.float32)[6].reshape(5, 5)


@dataclasses.dataclass(frozen=True)
class Case:
    """A subject and what is measured of it; `figures` are exact up to rounding."""

    title: str
    subject: Subject
    figures: dict[str, float]


def located(*regions: NDArray[np.bool_]) -> Subject:
    return Subject(A, regions)


def seen(map: NDArray[np.float32] = A, **fields: object) -> Subject:
    return Subject(map, **{"tensor": ONES, **fields})  # type: ignore[arg-type]


CASES = [
    Case(
        "a rectangle that holds the peak",
        located(UPPER_LEFT),
        {
            "pointing-game": 1,
            "energy-inside": 7 / 11,
            # 4, 2 and 2 have places, 1 and 1 compete for the fourth: one of them is inside.
            "rank-accuracy": (2 + 1 / 2) / 4,
            "iou-15": 3 / 7,
            "iou-25": 3 / 6,
            "iou-50": 2 / 5,
            # Corners touch: from row 1 to 4 and column 1 to 2.
            "box-iou-15": 4 / 8,
        },
    ),
    Case(
        "a rectangle beside the peak",
        located(mask(3, 3, 5, 5)),
        {"pointing-game": 0, "energy-inside": 2.2 / 11, "rank-accuracy": 1 / 4, "iou-50": 1 / 6, "box-iou-15": 0},
    ),
    Case(
        "two regions that overlap, and one without a pixel",
        located(mask(1, 1, 5, 3), mask(1, 1, 3, 3), mask(0, 0, 0, 0)),
        # Top 8: seven values above 0, of which the two at the right are outside; 18 zeros compete for the last place.
        {
            "pointing-game": 1,
            "energy-inside": 8.8 / 11,
            "rank-accuracy": (5 + 3 / 18) / 8,
            "iou-15": 5 / 9,
            "box-iou-15": 1,
        },
    ),
    Case(
        "a region that is no rectangle counts with its box",
        located(mask(1, 1, 2, 2) | mask(4, 2, 5, 3)),
        {"box-iou-15": 1, "iou-25": 1 / 6, "pointing-game": 1},
    ),
    Case(
        "no region has a pixel",
        located(mask(0, 0, 0, 0)),
        dict.fromkeys(
            ["pointing-game", "energy-inside", "rank-accuracy", "iou-15", "iou-25", "iou-50", "box-iou-15"], math.nan
        ),
    ),
    Case(
        "of two peaks one is in the region",
        Subject(picture("9 0 0 0 0", "0 0 0 0 0", "0 0 0 0 0", "0 0 0 0 0", "0 0 0 0 9"), (mask(4, 4, 5, 5),)),
        {"pointing-game": 1, "energy-inside": 1 / 2, "rank-accuracy": 1 / 2, "iou-50": 1 / 2, "box-iou-15": 0},
    ),
    Case(
        "a constant map has no peak", Subject(FLAT, (UPPER_LEFT,)), {"pointing-game": math.nan, "energy-inside": 4 / 25}
    ),
    Case(
        "the shape of a map",
        Subject(A),
        {
            "entropy": -sum(share * math.log(share) for share in SHARES),
            "coverage-50": 2 / 25,
            "centre-x": (5.8 * 0.3 + 3 * 0.5 + 2.2 * 0.9) / 11,
            "centre-y": (6 * 0.3 + 1 * 0.5 + 3 * 0.7 + 1 * 0.9) / 11,
            "border-energy": 3 / 11,
            "corner-energy": 0.2 / 11,
            "complexity": 11 / 4 / 25,
        },
    ),
    Case(
        "the shape of one pixel",
        Subject(ONE_PIXEL),
        {
            "entropy": 0,
            "coverage-50": 1 / 25,
            "centre-x": 0.3,
            "centre-y": 0.3,
            "border-energy": 0,
            "complexity": 1 / 25,
        },
    ),
    Case(
        "the shape of a flat map",
        Subject(np.full((16, 8), 0.1, np.float32)),
        {
            "entropy": math.log(128),
            "coverage-50": 1 / 2,
            "centre-x": 1 / 2,
            "centre-y": 1 / 2,
            "border-energy": 7 / 16,
            "corner-energy": 1 / 16,
            "complexity": 0.1,
        },
    ),
    # Six times 1/12 is less than 1/2 in floating point.
    Case("half of a flat map of twelve pixels", Subject(np.ones((3, 4), np.float32)), {"coverage-50": 1 / 2}),
    # The outer centres are an eighth from the border: on the frame's edge, and not in it.
    Case("a map of four pixels a side", Subject(np.ones((4, 4), np.float32)), {"border-energy": 0}),
    Case(
        "a mark in a corner",
        Subject(np.pad(np.full((2, 2), 0.5, np.float32), ((6, 0), (0, 6)))),
        {"corner-energy": 1, "border-energy": 3 / 4, "centre-x": 1 / 8, "centre-y": 7 / 8},
    ),
    Case(
        "a model that sees the peak alone",
        seen(probe=pixel(1, 1)),
        # The peak goes first, and comes first.
        {"average-drop": 0, "increase": 0, "deletion": 1 / 50, "road-morf": 1, "road-lerf": 1, "road": 0},
    ),
    Case(
        "a model that sees half of the peak",
        seen(tensor=4 * ONES, probe=pixel(1, 2)),
        {"average-drop": 1 / 2, "increase": 0},
    ),
    Case(
        "a model that sees the rest, on a background that is brighter",
        seen(probe=pixel(0, 0), blank=3.0),
        # 3 in place of 1 where the map is 0.
        {"average-drop": 0, "increase": 1},
    ),
    Case(
        "a picture of the peak, which comes first",
        seen(tensor=ONE_PIXEL[None], probe=pixel(1, 1), blank=0.0),
        # A picture of 5 pixels is blurred by a tenth of a pixel: not at all.
        {"deletion": 1 / 50, "insertion": 1},
    ),
    Case(
        "a model that gets no score",
        seen(probe=lambda tensors: np.zeros(len(tensors))),
        {"average-drop": math.nan, "increase": 0, "deletion": 0, "insertion": 0, "road": 0},
    ),
    Case(
        "the same map again",
        seen(probe=lambda tensors: tensors.mean(axis=(1, 2, 3), dtype=np.float64), remap=lambda tensors: tensors[:, 0]),
        {
            "average-drop": 1 - 0.11,
            "coherency": 1,
            "complexity": 0.11,
            "adcc": 3 / (1 / 1 + 1 / 0.89 + 1 / 0.11),
        },
    ),
    Case(
        "the contrary map",
        seen(probe=pixel(1, 1), remap=lambda tensors: 1 - tensors[:, 0]),
        {"coherency": 0, "average-drop": 0, "adcc": 0},
    ),
    Case(
        "no map again",
        seen(probe=pixel(1, 1), remap=lambda tensors: 0 * tensors[:, 0]),
        {"coherency": math.nan, "adcc": math.nan, "sensitivity-max": 1, "sensitivity-mean": 1},
    ),
    Case(
        "maps that swell and shrink",
        seen(tensor=RAMP, remap=factors(1, 1.1, 0.7, 1, 1, 1, 1, 1, 1, 1)),
        {"sensitivity-max": 0.3, "sensitivity-mean": 0.04},
    ),
]
