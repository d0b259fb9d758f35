"""Where the model's input lies on the original picture, and the way back.

Coordinates are continuous pixels: x to the right, y down, and the pixel in column j covers [j, j + 1), so that its
centre is j + 0.5. A resize between grids is then one multiplication, with no half-pixel terms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["Box", "Geometry"]


class Box(NamedTuple):
    """A rectangle in continuous pixels; `right` and `bottom` are exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Extent along x, pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Extent along y, pixels."""
        return self.bottom - self.top

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of a box of whole pixels, to index `(H, W)` or `(H, W, 3)`."""
        return slice(int(self.top), int(self.bottom)), slice(int(self.left), int(self.right))


@dataclass(frozen=True, slots=True)
class Geometry:
    """The affine map from the original picture to the model's input: `box` of the one becomes `placement` in the other.

    Attributes:
        original: height and width of the original picture, pixels.
        box: what the model sees of the original picture, in its pixels; smaller than the picture after a crop.
        input: height and width of the model's input, pixels.
        placement: where `box` lies in the model's input, whole pixels; smaller than the input in a letterbox.
    """

    original: tuple[int, int]
    box: Box
    input: tuple[int, int]
    placement: Box

    @property
    def seen(self) -> Box:
        """The original's pixels whose centres the model sees, as a box of whole numbers; never empty."""
        left, right = covered_pixels(self.box.left, self.box.right)
        top, bottom = covered_pixels(self.box.top, self.box.bottom)
        return Box(left, top, right, bottom)

    def to_input(self, x: float, y: float) -> tuple[float, float]:
        """The point of the model's input at which the original's point (x, y) arrives; may lie outside of it."""
        return (
            self.placement.left + (x - self.box.left) * self.placement.width / self.box.width,
            self.placement.top + (y - self.box.top) * self.placement.height / self.box.height,
        )

    def to_original_point(self, x: float, y: float) -> tuple[float, float]:
        """The original's point that arrives at (x, y) of the model's input: the inverse of `to_input`."""
        return (
            self.box.left + (x - self.placement.left) * self.box.width / self.placement.width,
            self.box.top + (y - self.placement.top) * self.box.height / self.placement.height,
        )

    def to_original(self, saliency: NDArray[np.float32]) -> NDArray[np.float32]:
        """A map `(H, W)` of the model's input as a map `(H0, W0)` of the original picture, float32.

        Bilinear between pixel centres. Pixels that the model never saw are 0; a letterbox's padding is left out and
        does not bleed into the picture. Values stay within the range of `saliency` and 0.

        Raises:
            InputError: `saliency` has another shape than the model's input.
        """
        if saliency.shape != self.input:
            raise InputError(
                f"the map has shape {saliency.shape}, the model's input is {self.input} (height, width). "
                "Resize the map to the model's input first.",
                shape=saliency.shape,
                expected=self.input,
            )
        seen, box, placement = self.seen, self.box, self.placement
        y = (np.arange(seen.top, seen.bottom) + 0.5 - box.top) * placement.height / box.height - 0.5
        x = (np.arange(seen.left, seen.right) + 0.5 - box.left) * placement.width / box.width - 0.5
        inner = saliency[placement.slices].astype(np.float32, copy=False)
        result = np.zeros(self.original, np.float32)
        result[seen.slices] = sample(sample(inner, y, axis=0), x, axis=1)
        return result


def covered_pixels(start: float, stop: float) -> tuple[int, int]:
    """First and last + 1 of the pixels with a centre in [start, stop); the middle one where there is none."""
    first, last = math.ceil(start - 0.5), math.ceil(stop - 0.5)
    if last > first:
        return first, last
    middle = math.floor((start + stop) / 2)
    return middle, middle + 1


def sample(values: NDArray[np.float32], positions: NDArray[np.float64], axis: int) -> NDArray[np.float32]:
    """`values` `(h, w)` at fractional indices along `axis`: linear between neighbours, constant beyond the ends."""
    last = values.shape[axis] - 1
    positions = np.clip(positions, 0, last)
    lower = np.floor(positions).astype(np.intp)
    upper = np.minimum(lower + 1, last)
    weight = (positions - lower).astype(np.float32)
    weight = weight[:, None] if axis == 0 else weight[None, :]
    result: NDArray[np.float32] = values.take(lower, axis) * (1 - weight) + values.take(upper, axis) * weight
    return result
