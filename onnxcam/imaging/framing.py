"""Which part of a picture fills the model's input: sizes, crop and letterbox as whole numbers."""

from __future__ import annotations

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
    if spec.resize == "letterbox":
        geometry = letterbox(original, spec.size or wanted or original)
    else:
        resized, final = sizes(spec, original, wanted)
        geometry = centre_crop(spec, original, resized, final)
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
    """Size of the picture after resizing, and size of the centre crop out of it."""
    if spec.resize == "none":
        return original, spec.crop or original
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
    """The smallest size of the original's aspect ratio that covers `size`, the longer side rounded down.

    Source: torchvision.transforms.Resize with one number, for a square `size`.
    """
    (height, width), (rows, columns) = original, size
    if rows * width >= columns * height:
        return rows, max(columns, width * rows // height)
    return max(rows, height * columns // width), columns


def centre_crop(spec: Preprocess, original: Size, resized: Size, final: Size) -> Geometry:
    """Resize to `resized`, then cut `final` from the middle.

    Source: torchvision.transforms.CenterCrop, for the rounding of an odd margin.
    """
    if final[0] > resized[0] or final[1] > resized[1]:
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
    top, left = (round((whole - part) / 2) for whole, part in zip(resized, final, strict=True))
    down, across = original[0] / resized[0], original[1] / resized[1]
    bottom, right = min(original[0], (top + final[0]) * down), min(original[1], (left + final[1]) * across)
    box = Box(left * across, top * down, right, bottom)
    return Geometry(original, box, final, Box(0, 0, final[1], final[0]))


def letterbox(original: Size, size: Size) -> Geometry:
    """The whole picture at its own aspect ratio in the middle of `size`; an odd margin is smaller above and left."""
    (height, width), (rows, columns) = original, size
    scale = min(rows / height, columns / width)
    inner_rows = min(rows, max(1, round(height * scale)))
    inner_columns = min(columns, max(1, round(width * scale)))
    top, left = (rows - inner_rows) // 2, (columns - inner_columns) // 2
    placement = Box(left, top, left + inner_columns, top + inner_rows)
    return Geometry(original, Box(0, 0, width, height), size, placement)


def text(size: tuple[int | None, int | None]) -> str:
    """A size for a message: '224 x 224', '224 x any'."""
    return " x ".join("any" if side is None else str(side) for side in size)
