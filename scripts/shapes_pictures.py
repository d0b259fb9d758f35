"""Pictures of one shape on a cluttered background, with the shape's mask: the data set of the models in `models/`.

Every picture holds one object of one of six classes, clutter (lines and small blobs), and a bright checkered patch that
says nothing about the class. Colour, place, size, aspect and rotation are drawn alike for all classes, so only the
outline tells them apart. A picture depends on its seed, its index and its size only.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

CLASSES = ("circle", "triangle", "square", "star", "cross", "heart")
SIZE = 96
"""Side of the pictures that the network is trained on, in pixels."""

SPLIT_SEEDS = {"train": 1, "calibration": 2, "held-out": 3}
"""One seed a split, so that no picture is in two of them."""

_OBJECT_SHARE = (0.06, 0.15)  # area of the object over area of the picture
_ASPECT = 4 / 3  # widest stretch of an object; pictures of another shape are stretched to a square before the network
_SUPERSAMPLING = 4
_FIXED_POINT_BITS = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """One drawn picture."""

    pixels: NDArray[np.uint8]
    """`(H, W, 3)`, RGB."""
    mask: NDArray[np.bool_]
    """`(H, W)`, true on the object."""
    class_index: int


def draw_picture(split: str, index: int, size: tuple[int, int] = (SIZE, SIZE)) -> Picture:
    """Picture number `index` of a split, `(H, W)` pixels large. Its class is `index` modulo the number of classes."""
    rng = np.random.default_rng([SPLIT_SEEDS[split], index])
    class_index = index % len(CLASSES)
    canvas = _background(rng, size)
    _scatter_clutter(canvas, rng)
    coverage = _object_coverage(rng, CLASSES[class_index], size)
    mask = coverage >= 0.5
    _paint_checkers(canvas, rng, mask)
    _paint_object(canvas, rng, coverage, mask)
    canvas += rng.normal(0.0, rng.uniform(2.0, 10.0), canvas.shape).astype(np.float32)
    return Picture(np.clip(np.rint(canvas), 0, 255).astype(np.uint8), mask, class_index)


def draw_split(split: str, count: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.int64]]:
    """The first `count` pictures of a split: pixels `(N, H, W, 3)`, masks `(N, H, W)`, classes `(N,)`."""
    drawn = [draw_picture(split, index) for index in range(count)]
    return (
        np.stack([picture.pixels for picture in drawn]),
        np.stack([picture.mask for picture in drawn]),
        np.array([picture.class_index for picture in drawn], np.int64),
    )


def outline(name: str) -> NDArray[np.float64]:
    """Corners `(P, 2)` of a class's outline, of unit area, its centroid at the origin."""
    points = _OUTLINES[name]
    area, centroid = _area_and_centroid(points)
    return (points - centroid) / np.sqrt(area)


def _polygon(radii: list[float]) -> NDArray[np.float64]:
    angles = np.arange(len(radii)) * (2 * np.pi / len(radii))
    return np.array(radii)[:, None] * np.stack([np.sin(angles), -np.cos(angles)], axis=1)


def _heart() -> NDArray[np.float64]:
    t = np.linspace(0.0, 2 * np.pi, 64, endpoint=False)
    height = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([16 * np.sin(t) ** 3, -height], axis=1)


def _cross(arm: float = 0.36) -> NDArray[np.float64]:
    quarter = np.array([[arm, 1.0], [arm, arm], [1.0, arm]])
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    return np.concatenate([quarter @ np.linalg.matrix_power(turn, k) for k in (0, 3, 2, 1)])


_OUTLINES = {
    "circle": _polygon([1.0] * 64),
    "triangle": _polygon([1.0] * 3),
    "square": _polygon([1.0] * 4),
    "star": _polygon([1.0, 0.45] * 5),
    "cross": _cross(),
    "heart": _heart(),
}


def _area_and_centroid(points: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
    """Area and centroid of a simple polygon, by the shoelace formula."""
    following = np.roll(points, -1, axis=0)
    wedge = points[:, 0] * following[:, 1] - following[:, 0] * points[:, 1]
    centroid = ((points + following) * wedge[:, None]).sum(axis=0) / (3 * wedge.sum())
    return abs(float(wedge.sum())) / 2, centroid


def _background(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    """A colour with smooth noise at three scales and, half of the time, stripes: float32 `(H, W, 3)` around 0..255."""
    height, width = size
    canvas = np.full((height, width, 3), rng.uniform(50, 205, 3), np.float32)
    for cells, strength in ((3, 30.0), (8, 20.0), (24, 14.0)):
        noise = rng.normal(0.0, strength, (cells, cells, 3)).astype(np.float32)
        canvas += cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        canvas += _stripes(rng, size)[:, :, None] * rng.normal(0.0, 14.0, 3).astype(np.float32)
    return canvas


def _stripes(rng: np.random.Generator, size: tuple[int, int]) -> NDArray[np.float32]:
    rows, columns = np.mgrid[: size[0], : size[1]] / np.sqrt(size[0] * size[1])
    angle = rng.uniform(0, np.pi)
    phase = (rows * np.sin(angle) + columns * np.cos(angle)) * rng.uniform(5, 16) + rng.random()
    return np.sin(2 * np.pi * phase).astype(np.float32)


def _scatter_clutter(canvas: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Draw lines and small blobs, far smaller than any object, onto the canvas."""
    height, width = canvas.shape[:2]
    unit = np.sqrt(height * width) / SIZE
    for _ in range(rng.integers(3, 8)):
        ends = (rng.random((2, 2)) * (width, height)).astype(int).tolist()
        cv2.line(canvas, ends[0], ends[1], _colour(rng), round(rng.uniform(1, 2.4) * unit), cv2.LINE_AA)
    for _ in range(rng.integers(6, 16)):
        centre = (rng.random(2) * (width, height)).astype(int).tolist()
        axes = np.maximum(1, rng.uniform(1.0, 3.6, 2) * unit).astype(int).tolist()
        cv2.ellipse(canvas, centre, axes, rng.uniform(0, 180), 0, 360, _colour(rng), -1, cv2.LINE_AA)


def _colour(rng: np.random.Generator) -> tuple[float, ...]:
    return tuple(rng.uniform(0, 255, 3).tolist())


def _object_coverage(rng: np.random.Generator, name: str, size: tuple[int, int]) -> NDArray[np.float32]:
    """Share of each pixel that the object covers, in [0, 1]; the object lies inside the picture as a whole."""
    height, width = size
    stretch = _ASPECT ** rng.uniform(-0.5, 0.5)
    points = _rotate(outline(name), rng) * (stretch, 1 / stretch)
    points = _rotate(points, rng) * np.sqrt(rng.uniform(*_OBJECT_SHARE) * height * width)
    low, high = points.min(axis=0), points.max(axis=0)
    points += rng.uniform(1 - low, (width - 1, height - 1) - high)
    fixed = np.rint(points * _SUPERSAMPLING * 2**_FIXED_POINT_BITS).astype(np.int32)
    large = np.zeros((height * _SUPERSAMPLING, width * _SUPERSAMPLING), np.float32)
    cv2.fillPoly(large, [fixed], 1.0, shift=_FIXED_POINT_BITS)
    return cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)


def _rotate(points: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    angle = rng.uniform(0, 2 * np.pi)
    return points @ np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def _paint_checkers(canvas: NDArray[np.float32], rng: np.random.Generator, keep_free: NDArray[np.bool_]) -> None:
    """Paint the distractor: a bright checkered patch, upright, anywhere but on the object."""
    height, width = keep_free.shape
    cell = max(2, round(rng.uniform(3.0, 4.4) * np.sqrt(height * width) / SIZE))
    side = 5 * cell
    tiles = np.add(*np.indices((side, side)) // cell)
    colours = np.array([rng.uniform(200, 255, 3), rng.uniform(0, 80, 3)], np.float32)
    for _ in range(200):
        top, left = rng.integers(0, height - side), rng.integers(0, width - side)
        place = (slice(top, top + side), slice(left, left + side))
        if not keep_free[place].any():
            canvas[place] = colours[tiles % 2]
            return


def _paint_object(
    canvas: NDArray[np.float32], rng: np.random.Generator, coverage: NDArray[np.float32], mask: NDArray[np.bool_]
) -> None:
    """Blend the object in, in a colour that stands out from what it covers, with a little shading."""
    behind = canvas[mask].mean(axis=0)
    colour = rng.uniform(0, 255, 3)
    while np.linalg.norm(colour - behind) < 110:
        colour = rng.uniform(0, 255, 3)
    height, width = mask.shape
    shading = cv2.resize(rng.normal(0.0, 10.0, (4, 4, 3)).astype(np.float32), (width, height))
    canvas += coverage[:, :, None] * (colour.astype(np.float32) + shading - canvas)
