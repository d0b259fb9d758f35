"""Pictures of a report: within the page where they are few, in a folder beside it where they are many."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.explanation import Explanation
from onnxcam.imaging import heatmap, to_webp
from onnxcam.reporting.page import Stack

__all__ = ["FOLDER", "WITHIN", "Album"]

FOLDER = "report-pictures"
WITHIN = 300
"""Pictures that a page holds itself; with more of them it would open slowly."""

SHOWN, SMALL, MEAN = 360, 112, 96
"""Longest sides, pixels: of a picture, of an example of a group, and of a mean map."""


class Album:
    """Takes pictures, and gives the addresses by which a page shows them.

    Files are numbered: what a stranger called a picture names no file.

    Args:
        folder: The report's folder.
        count: Pictures of the data set that will be shown.
        is_within: Whether the page holds them; None for as their number says.

    Raises:
        InputError: The folder for pictures cannot be written to.
    """

    def __init__(self, folder: Path, count: int, *, is_within: bool | None = None) -> None:
        self._folder = folder / FOLDER
        self._is_within = count <= WITHIN if is_within is None else is_within
        self._number = 0
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            if not self._is_within:
                self._folder.mkdir(parents=True)
        except OSError as error:
            raise _unwritable(self._folder, error) from error

    def add(self, encoded: bytes) -> str:
        """The address of a WebP file."""
        if self._is_within:
            return f"data:image/webp;base64,{base64.b64encode(encoded).decode('ascii')}"
        self._number += 1
        path = self._folder / f"{self._number:06}.webp"
        try:
            path.write_bytes(encoded)
        except OSError as error:
            raise _unwritable(path, error) from error
        return f"{FOLDER}/{path.name}"

    def stacks(self, found: list[tuple[str, Explanation, int]]) -> tuple[Stack, ...]:
        """The picture with each map over it, given by captions and rows of results; one file for equal pictures."""
        made: list[Stack] = []
        shown: tuple[NDArray[np.uint8], str] | None = None
        for caption, result, i in found:
            if not result.pictures:
                made.append(Stack(caption, self.add(to_webp(result.plot(i), 2 * SHOWN)), None))
                continue
            image = result.pictures[i].image
            if shown is None or not np.array_equal(shown[0], image):
                shown = (image, self.add(to_webp(image, SHOWN)))
            made.append(Stack(caption, shown[1], self.add(to_webp(_coloured(result, i), SHOWN // 2))))
        return tuple(made)

    def example(self, result: Explanation, i: int) -> str:
        """The address of a small picture with its map."""
        return self.add(to_webp(result.plot(i), SMALL))

    def mean(self, saliency: NDArray[np.float32]) -> str:
        """The address of a coloured map `(h, w)` in [0, 1], a square for each of its cells."""
        cell = max(1, MEAN // max(saliency.shape))
        return self.add(to_webp(heatmap(saliency.repeat(cell, 0).repeat(cell, 1)), MEAN))


def _coloured(result: Explanation, i: int) -> NDArray[np.uint8]:
    """The map in colour over the original picture, RGBA: where the model sees nothing of it, nothing."""
    geometry = result.pictures[i].geometry
    colours = heatmap(geometry.to_original(result.map[i]))
    seen = np.zeros((*colours.shape[:2], 1), np.uint8)
    seen[geometry.seen.slices] = 255
    return np.concatenate([colours, seen], axis=2)


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot write '{path}': {error.strerror}. Choose another folder.", path=path)
