"""Boxes, outlines and run lengths as pixels.

Run lengths are decoded here and not by pycocotools, which leaves what lies beyond too short a run unset, so that a
damaged annotation gives different masks at different times. Outlines are drawn by pycocotools, so that an area is the
one that everybody else's figures on COCO are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["box_area", "polygon_area", "run_length_area"]

FARTHEST = 4
"""How many pictures' sizes away a point of an outline may lie: what draws it walks along each edge."""

BITS = 5
"""Of a number, in one character of compressed run lengths."""

LARGEST = 40
"""Bits of a run length."""


def box_area(box: Sequence[float], height: int, width: int) -> NDArray[np.bool_]:
    """Pixels whose centre lies in `box` (left, top, right, bottom), `(height, width)`."""
    left, top, right, bottom = box
    x, y = np.arange(width) + 0.5, np.arange(height) + 0.5
    return ((y >= top) & (y < bottom))[:, None] & ((x >= left) & (x < right))


def polygon_area(polygons: Sequence[Sequence[float]], height: int, width: int) -> NDArray[np.bool_]:
    """Pixels inside any of the outlines, each x, y, x, y, …, as COCO draws them, `(height, width)`.

    Raises:
        InputError: An outline has no three points, or one that is no number or far outside; pycocotools is missing.
    """
    for outline in polygons:
        points = np.asarray(outline, np.float64)
        if points.size < 6 or points.size % 2:
            raise InputError(f"an outline has {points.size} numbers, expected x, y of three points or more.")
        x, y = np.abs(points[0::2]), np.abs(points[1::2])
        if not (np.isfinite(points).all() and x.max() <= FARTHEST * width and y.max() <= FARTHEST * height):
            raise InputError(
                f"an outline goes to x = {x.max():g}, y = {y.max():g}, far outside of the picture of {height} x "
                f"{width} pixels (height x width). Correct the annotation."
            )
    coco = _import_pycocotools()
    runs = coco.frPyObjects([list(map(float, outline)) for outline in polygons], height, width)
    return run_length_area(coco.merge(runs)["counts"].decode("ascii"), height, width)


def run_length_area(counts: str | Sequence[int], height: int, width: int) -> NDArray[np.bool_]:
    """Pixels of COCO's run lengths, `(height, width)`: column by column, background first.

    Source: `common/maskApi.c` of the COCO API, for the compressed form: numbers of 5 bits a character from code 48 on,
    the sixth bit says that more follow, and from the fourth number on each is a difference to the last but one.

    Raises:
        InputError: The runs do not fill the picture, or the text is no such numbers.
    """
    total = height * width
    runs = _decompress(counts) if isinstance(counts, str) else list(counts)
    if any(run < 0 for run in runs) or sum(runs) != total:
        raise InputError(
            f"the run lengths add up to {sum(runs)} pixels, and the picture has {total}. Correct the annotation."
        )
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, np.asarray(runs, np.int64)).reshape(width, height).T


def _decompress(text: str) -> list[int]:
    runs: list[int] = []
    value, shift = 0, 0
    for character in text:
        code = ord(character) - 48
        if not 0 <= code < 2 << BITS or shift > LARGEST:
            raise InputError("the text of the run lengths is damaged. Correct the annotation.")
        value |= (code & 31) << shift
        shift += BITS
        if code & 32:
            continue
        value -= (code & 16) << 1 + shift - BITS  # the number's sign
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value, shift = 0, 0
    if shift:
        raise InputError("the text of the run lengths ends within a number. Correct the annotation.")
    return runs


def _import_pycocotools() -> Any:
    try:
        from pycocotools import mask
    except ImportError as error:
        raise InputError(
            'outlines of objects are drawn by pycocotools, which is not installed. Run pip install "onnxcam[audit]".'
        ) from error
    return mask
