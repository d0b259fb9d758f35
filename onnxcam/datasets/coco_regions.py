"""One annotation of COCO as a region."""

from __future__ import annotations

from typing import Any

from onnxcam.datasets.records import Label, Region
from onnxcam.datasets.texts import is_index, number
from onnxcam.errors import InputError

__all__ = ["region_of", "size_of"]


def size_of(image: dict[str, Any], where: str) -> tuple[int, int] | None:
    """Height and width that an entry of `images` has; None where it has none.

    Raises:
        InputError: They are no whole numbers.
    """
    height, width = image.get("height"), image.get("width")
    if not height or not width:
        return None
    if not isinstance(height, int) or not isinstance(width, int) or min(height, width) < 0:
        raise InputError(f"{where}: height {height!r} and width {width!r} are no whole numbers. Correct the file.")
    return height, width


def region_of(
    annotation: dict[str, Any], names: dict[int, str], size: tuple[int, int] | None, where: str
) -> Region | None:
    """An annotation as a region of a picture of `size`; None if it says nowhere where the object is.

    Raises:
        InputError: It is malformed.
    """
    box = _box(annotation.get("bbox"), where)
    outline = annotation.get("segmentation")
    label = _label(annotation.get("category_id"), names, where)
    if isinstance(outline, dict):
        return Region(label, box, rle=_run_lengths(outline, where), size=size)
    polygons = _polygons(outline, where)
    return None if box is None and not polygons else Region(label, box, polygons, size=size)


def _label(category: object, names: dict[int, str], where: str) -> Label | None:
    if category is None:
        return None
    if not is_index(category) or (names and category not in names):
        raise InputError(f"{where}: category_id {category!r} is not among the categories. Add it, or correct it.")
    return names.get(category, category)


def _box(box: object, where: str) -> tuple[float, float, float, float] | None:
    if box is None or box == []:
        return None
    numbers = _numbers(box)
    if numbers is None or len(numbers) != 4 or min(numbers[2:]) < 0:
        raise InputError(f"{where}: bbox {_short(box)} is not x, y, width, height. Correct the annotation.")
    x, y, width, height = numbers
    return x, y, x + width, y + height


def _polygons(outline: object, where: str) -> tuple[tuple[float, ...], ...]:
    if not outline:
        return ()
    polygons = [_numbers(polygon) for polygon in outline] if isinstance(outline, list) else [None]
    found = tuple(tuple(p) for p in polygons if p is not None and len(p) >= 6 and len(p) % 2 == 0)
    if len(found) != len(polygons):
        raise InputError(
            f"{where}: segmentation {_short(outline)} is no list of outlines, each x, y of three points or more. "
            "Correct the annotation."
        )
    return found


def _run_lengths(outline: dict[str, Any], where: str) -> tuple[tuple[int, int], str | tuple[int, ...]]:
    size, counts = outline.get("size"), outline.get("counts")
    is_counts = isinstance(counts, str) or (isinstance(counts, list) and all(type(count) is int for count in counts))
    if not (isinstance(size, list) and len(size) == 2 and all(type(one) is int for one in size) and is_counts):
        raise InputError(
            f"{where}: segmentation {_short(outline)} has not a size of two whole numbers, and counts that are text or "
            "whole numbers. Correct the annotation."
        )
    return (size[0], size[1]), counts if isinstance(counts, str) else tuple(counts or ())


def _numbers(values: object) -> list[float] | None:
    if not isinstance(values, list):
        return None
    found = [number(value) for value in values if not isinstance(value, str)]
    finite = [value for value in found if value is not None]
    return finite if len(finite) == len(values) else None


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
