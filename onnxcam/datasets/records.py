"""What a data set consists of, as plain values."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from onnxcam.datasets.areas import box_area, polygon_area, run_length_area
from onnxcam.errors import InputError
from onnxcam.imaging import read_mask

__all__ = ["DataSet", "Label", "Record", "Region"]

Label: TypeAlias = str | int
"""The name of a class; its index where there are numbers without names."""


@dataclasses.dataclass(frozen=True, slots=True)
class Region:
    """Where an object is, in pixels of the upright original picture, as `read_image` gives it.

    Coordinates are continuous: x to the right, y down, and the pixel in column j covers [j, j + 1).

    Attributes:
        label: Class of the object; None where nobody says.
        box: Left, top, right, bottom: edges, not indices of pixels.
        polygons: Outlines, each x, y, x, y, …; the object is inside of any.
        rle: Height, width and run lengths as COCO has them, column by column, from background on: numbers, or
            compressed to text.
        mask: Path of a picture as large as this one: what is not black is the object.
        size: Height and width of the picture, pixels, as the annotation has them; None where it does not say.
    """

    label: Label | None
    box: tuple[float, float, float, float] | None
    polygons: tuple[tuple[float, ...], ...] = ()
    rle: tuple[tuple[int, int], str | tuple[int, ...]] | None = None
    mask: str | None = None
    size: tuple[int, int] | None = None

    def area(self, height: int, width: int) -> NDArray[np.bool_]:
        """The object's pixels, `(height, width)`: by its mask if it has one, else run lengths, polygons, or the box.

        Of a box these are the pixels whose centre is inside. Polygons are drawn by pycocotools.

        Raises:
            InputError: The annotation is of a picture of another size; the mask cannot be read or has another size;
                run lengths or polygons make no sense; pycocotools, which draws polygons, is not installed.
        """
        if self.size is not None and self.size != (height, width):
            raise wrong_size("the annotation is of a picture of", self.size, (height, width))
        if self.mask is not None:
            mask = read_mask(self.mask)
            if mask.shape != (height, width):
                raise wrong_size(f"the mask '{self.mask}' has", mask.shape, (height, width))
            return mask
        if self.rle is not None:
            if self.rle[0] != (height, width):
                raise wrong_size("the run lengths are of a picture of", self.rle[0], (height, width))
            return run_length_area(self.rle[1], height, width)
        if self.polygons:
            return polygon_area(self.polygons, height, width)
        if self.box is None:
            raise InputError("the region has neither box nor outline. Leave it out, or give it a box.")
        return box_area(self.box, height, width)


def wrong_size(what: str, found: tuple[int, ...], expected: tuple[int, int]) -> InputError:
    """The error of an annotation that belongs to a picture of another size; sizes are height and width."""
    return InputError(
        f"{what} {found[0]} x {found[1]} pixels (height x width), and the upright picture has {expected[0]} x "
        f"{expected[1]}. Annotate the picture as it is shown, or give the one that was annotated.",
        found=found,
        expected=expected,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Record:
    """One picture of a data set; `dataclasses.asdict` of it is JSON.

    Attributes:
        key: Its name in the data set, unique and stable: the path relative to the data set's folder, with `/`.
        path: The picture file, which need not be there.
        label: What the picture is; None where nobody says.
        regions: Where its objects are.
    """

    key: str
    path: str
    label: Label | None = None
    regions: tuple[Region, ...] = ()


@dataclasses.dataclass(frozen=True, slots=True)
class DataSet:
    """Records, read anew at each iteration and always in the same order.

    Attributes:
        path: What was opened.
        format: Name of the format.
        root: The folder that keys are relative to.
        records: Begins an iteration.
        count: How many records there are; None where only reading them all would tell.
        labels: Names of the classes in the format's own order; None where it lists none.
        notes: What the reader must know.
    """

    path: Path
    format: str
    root: Path
    records: Callable[[], Iterator[Record]] = dataclasses.field(repr=False)
    count: int | None = None
    labels: tuple[str, ...] | None = None
    notes: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Record]:
        """All records from the first on.

        Raises:
            InputError: An annotation is malformed; the message names the file and the line or element.
        """
        return self.records()

    def __len__(self) -> int:
        """How many records there are; a TypeError where only reading them all would tell."""
        if self.count is None:
            raise TypeError(f"how many records '{self.path}' has is not known before all are read")
        return self.count
