"""A picture as the model's input."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onnxcam.errors import InputError
from onnxcam.imaging.framing import frame
from onnxcam.imaging.geometry import Geometry
from onnxcam.imaging.preprocess import Interpolation, Layout, Preprocess

__all__ = ["to_tensor"]

RESAMPLING: dict[Interpolation, Image.Resampling] = {
    "nearest": Image.Resampling.NEAREST,
    "lanczos": Image.Resampling.LANCZOS,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "box": Image.Resampling.BOX,
    "hamming": Image.Resampling.HAMMING,
}


def to_tensor(
    image: NDArray[np.uint8],
    spec: Preprocess,
    *,
    height: int | None = None,
    width: int | None = None,
    channels: int | None = None,
    layout: Layout | None = None,
) -> tuple[NDArray[np.float32], Geometry]:
    """A uint8 RGB picture `(H0, W0, 3)` as one sample of the model's input, and where it lies on the picture.

    `height`, `width` and `channels` are what the model takes, None where it takes any. A model of one channel gets the
    luma even where `spec` says "rgb". The layout is `layout`, else the spec's, else NCHW.

    Returns:
        float32 `(C, H, W)` or `(H, W, C)`, contiguous, without a batch axis; and its geometry.

    Raises:
        InputError: the model's size, channels or layout contradict `spec`.
    """
    order = channel_order(spec, channels)
    if layout is not None and spec.layout not in (None, layout):
        raise InputError(
            f"preprocessing '{spec.name}' writes {spec.layout}, the model takes {layout}. Remove 'layout' from it.",
            layout=spec.layout,
            expected=layout,
        )
    geometry = frame(spec, (image.shape[0], image.shape[1]), (height, width))
    pixels = resized(image, spec, geometry, order)
    values = (pixels * np.float32(spec.scale) - np.asarray(spec.mean, np.float32)) / np.asarray(spec.std, np.float32)
    if (layout or spec.layout or "NCHW") == "NCHW":
        values = values.transpose(2, 0, 1)
    return np.ascontiguousarray(values, np.float32), geometry


def channel_order(spec: Preprocess, channels: int | None) -> Literal["rgb", "bgr", "gray"]:
    """The spec's channel order, or "gray" for a model of one channel."""
    order = "gray" if channels == 1 else spec.channel_order
    count = 1 if order == "gray" else 3
    if channels not in (None, count):
        raise InputError(
            f"the model takes {channels} channels, preprocessing '{spec.name}' makes {count}. "
            "Pass an array that is already preprocessed, or choose another 'channel_order'.",
            channels=channels,
        )
    if count == 1 and spec.is_per_channel:
        raise InputError(
            f"the model takes 1 channel, preprocessing '{spec.name}' has a mean, std or pad for 3. "
            "Choose 'unit', 'raw' or 'tf', or a JSON file with one mean and one std.",
            channels=channels,
        )
    return order


def resized_size(geometry: Geometry) -> tuple[int, int]:
    """Width and height of the whole picture at the scale of the model's input."""
    height, width = geometry.original
    across = geometry.placement.width / geometry.box.width
    down = geometry.placement.height / geometry.box.height
    return round(width * across), round(height * down)


def resized(
    image: NDArray[np.uint8], spec: Preprocess, geometry: Geometry, order: Literal["rgb", "bgr", "gray"]
) -> NDArray[np.float32]:
    """The picture in the model's input, `(H, W, C)` in 0..255, whole numbers.

    The whole picture is resized and then cropped, as torchvision does: Pillow's `resize(box=…)` would do both at once,
    but may take rows before columns, and then a quarter of the pixels differ by one grey level.
    """
    picture = Image.fromarray(image)
    if order == "gray":
        picture = picture.convert("L")
    width, height = resized_size(geometry)
    whole = np.asarray(picture.resize((width, height), RESAMPLING[spec.interpolation]), np.float32)
    row = round(geometry.box.top * height / geometry.original[0])
    column = round(geometry.box.left * width / geometry.original[1])
    rows, columns = geometry.placement.slices
    pixels = whole.reshape(height, width, -1)[row:, column:][: rows.stop - rows.start, : columns.stop - columns.start]
    if order == "bgr":
        pixels = pixels[..., ::-1]
    if pixels.shape[:2] == geometry.input:
        return pixels
    canvas = np.full((*geometry.input, pixels.shape[2]), spec.pad, np.float32)
    canvas[rows, columns] = pixels
    return canvas
