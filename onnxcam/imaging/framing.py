"""Which part of a picture fills the model's input: sizes, crop and letterbox as whole numbers."""

from __future__ import annotations

import math
from typing import TypeAlias

from onnxcam.errors import InputError
from onnxcam.imaging.geometry import Box, Geometry
from onnxcam.imaging.preprocess import Preprocess

__all__ = ["frame"]

PIXEL_LIMIT = 2**28

Size: TypeAlias = tuple[int, int]


def frame(spec: Preprocess, original: tuple[int, int], model: tuple[int | None, int | None] = (None, None)) -> Geometry:
    """The geometry that `spec` gives a picture of `original` size; every size is (height, width).

    `model` is the size that the model takes, None where it takes any. A model that fixes one side only gets the other
    from the picture's aspect ratio. Where neither `spec` nor the model names a size, the picture keeps its own.

    Raises:
        InputError: the result is not the size that the model takes, or the crop is larger than the resized picture, or
            the resized picture has more than 2**28 pixels (a very long strip, resized by its shorter side).
    """
    wanted = complete(model, original)
    geometry = centred(spec, original, *sizes(spec, original, wanted))
    if any(side not in (None, got) for side, got in zip(model, geometry.input, strict=True)):
        raise InputError(
            f"preprocessing '{spec.name}' makes a {text(original)} picture {text(geometry.input)}, the model takes "
            f"{text(model)} (height x width). Set 'size' or 'crop' to the model's size, or leave both out.",
            size=geometry.input,
            expected=model,
        )
    return geometry


def complete(model: tuple[int | None, int | None], original: Size) -> Size | None:
    """The model's size with an open side taken from the picture's aspect ratio; None where both are open."""
    height, width = model
    if height is not None and width is not None:
        return height, width
    if height is not None:
        return height, max(1, round(original[1] * height / original[0]))
    if width is not None:
        return max(1, round(original[0] * width / original[1])), width
    return None


def sizes(spec: Preprocess, original: Size, wanted: Size | None) -> tuple[Size, Size]:
    """Size of the picture after resizing, and size of the frame around its centre."""
    if spec.resize == "none":
        return original, spec.crop or original
    if spec.resize == "fit":
        resized = fitting(original, spec.size or original)
        return resized, resized
    if spec.resize == "letterbox":
        outer = spec.size or (spec.crop and enlarged(spec.crop, spec.crop_ratio)) or wanted or original
        return within(original, outer), spec.crop or outer
    if spec.resize == "stretch":
        resized = spec.size or (spec.crop and enlarged(spec.crop, spec.crop_ratio)) or wanted or original
        return resized, spec.crop or resized
    final = spec.crop or wanted or spec.size
    if final is None:
        return original, original
    return covering(original, spec.size or enlarged(final, spec.crop_ratio)), final


def enlarged(size: Size, crop_ratio: float) -> Size:
    """The size of which `size` is the fraction `crop_ratio`: (224, 224) at 0.875 gives (256, 256)."""
    return round(size[0] / crop_ratio), round(size[1] / crop_ratio)


def covering(original: Size, size: Size) -> Size:
    """The smallest size of the original's aspect ratio that covers `size`.

    Source: torchvision.transforms.Resize with one number, which rounds the longer side down, for a square `size`;
    timm's `ResizeKeepRatio`, which rounds it, for another.
    """
    (height, width), (rows, columns) = original, size
    whole = math.floor if rows == columns else round
    if rows * width >= columns * height:
        return rows, max(columns, whole(width * rows / height))
    return max(rows, whole(height * columns / width)), columns


def fitting(original: Size, size: Size) -> Size:
    """The size of the original's aspect ratio with the shorter side that `size` asks for and the longer that it allows.

    Source: transformers' `get_size_with_aspect_ratio` (shortest edge, longest edge), for the rounding.
    """
    (short, long), limit = sorted(original), max(size)
    wanted: float = min(size)
    if long / short * wanted > limit:
        wanted = limit * short / long
    lesser = max(1, round(wanted))
    greater = max(1, int(wanted * long / short))
    return (lesser, greater) if original[0] <= original[1] else (greater, lesser)


def within(original: Size, size: Size) -> Size:
    """The largest size of the original's aspect ratio within `size`, each side rounded."""
    (height, width), (rows, columns) = original, size
    scale = min(rows / height, columns / width)
    return min(rows, max(1, round(height * scale))), min(columns, max(1, round(width * scale)))


def centred(spec: Preprocess, original: Size, resized: Size, final: Size) -> Geometry:
    """Resize to `resized`, then lay the frame `final` around its middle: it cuts, and a letterbox pads.

    Source: torchvision.transforms.CenterCrop, for the rounding of an odd margin that is cut; one that is padded is
    smaller above and left.
    """
    if spec.resize != "letterbox" and (final[0] > resized[0] or final[1] > resized[1]):
        raise InputError(
            f"preprocessing '{spec.name}' cuts {text(final)} out of a picture of {text(resized)} (height x width) "
            "after resizing. Choose a smaller 'crop', a larger 'size', or resize 'letterbox'.",
            crop=final,
            size=resized,
        )
    if resized[0] * resized[1] > PIXEL_LIMIT:
        raise InputError(
            f"preprocessing '{spec.name}' enlarges a picture of {text(original)} to {text(resized)} (height x width). "
            "Choose resize 'letterbox', or cut the picture first.",
            size=resized,
        )
    (top, bottom), (first_row, last_row) = centred_side(original[0], resized[0], final[0])
    (left, right), (first_column, last_column) = centred_side(original[1], resized[1], final[1])
    placement = Box(first_column, first_row, last_column, last_row)
    return Geometry(original, Box(left, top, right, bottom), final, placement)


def centred_side(original: int, resized: int, final: int) -> tuple[tuple[float, float], tuple[int, int]]:
    """Along one side: what is seen of the original, and where it lies in the frame."""
    if resized <= final:
        start = (final - resized) // 2
        return (0, original), (start, start + resized)
    start, scale = round((resized - final) / 2), original / resized
    return (start * scale, min(original, (start + final) * scale)), (0, final)


def text(size: tuple[int | None, int | None]) -> str:
    """A size for a message: '224 x 224', '224 x any'."""
    return " x ".join("any" if side is None else str(side) for side in size)
