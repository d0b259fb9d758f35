"""Samples from pictures: files, and arrays of uint8."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.explanation import Picture
from onnxcam.imaging import Preprocess, read_image, to_tensor
from onnxcam.samples.batches import Samples
from onnxcam.samples.files import is_tensor_file
from onnxcam.samples.specs import InputSpec

__all__ = ["are_pictures", "from_pictures", "is_picture", "preprocessed"]

COLOURS = (1, 3)
ROUNDING = 1e-3
"""How far a number may be from a whole one that it is taken for."""
NOTE = "the array holds uint8 pictures and the model takes real numbers: they are preprocessed as picture files are"


def is_picture(one: object, spec: InputSpec) -> bool:
    """Whether something is one picture, for an input: a path that is no tensor's, or a uint8 (H, W, 3) array."""
    if isinstance(one, (str, Path)):
        return not is_tensor_file(one)
    is_rgb = isinstance(one, np.ndarray) and one.dtype == np.uint8 and one.ndim == 3 and one.shape[2] == 3
    return is_rgb and len(spec.shape) != 3


def are_pictures(array: NDArray[Any], spec: InputSpec) -> bool:
    """Whether an array is uint8 pictures, (N, H, W, 1 or 3), or (N, H, W) for one channel, for real numbers."""
    if not spec.is_picture or spec.dtype.kind not in "fV" or array.dtype != np.uint8 or not array.size:
        return False
    is_grey = array.ndim == 3 and spec.shape[spec.channel_axis or 1] == 1
    return is_grey or (array.ndim == 4 and array.shape[3] in COLOURS)


def preprocessed(samples: Samples, spec: InputSpec, preprocess: Preprocess | None) -> Samples:
    """The samples, their uint8 pictures preprocessed where they are such."""
    array = samples.feeds.get(spec.name)
    if not isinstance(array, np.ndarray) or not are_pictures(array, spec):
        return samples
    deep = array if array.ndim == 4 else array[..., None]
    colours = np.broadcast_to(deep, (*deep.shape[:3], 3))
    made = from_pictures(list(colours), spec, preprocess or Preprocess())
    feeds = {**samples.feeds, **made.feeds}
    return dataclasses.replace(samples, feeds=feeds, pictures=made.pictures, notes=(*samples.notes, NOTE))


def from_pictures(sources: Sequence[Any], main: InputSpec, preprocess: Preprocess) -> Samples:
    """Pictures as the input's tensors; of different sizes only where all become one size.

    Raises:
        InputError: The input takes no pictures, one cannot be read, they differ in size and the model takes any, or the
            input takes whole numbers and the preprocessing makes others.
    """
    if not main.is_picture or main.dtype.kind not in "fuV":  # V: bfloat16
        raise InputError(
            f"the input '{main.name}' takes {main}, not a picture. Give an array (.npy) of that shape.", input=main.name
        )
    layout = preprocess.layout or main.layout
    h, w, c = (1, 2, 3) if layout == "NHWC" else (2, 3, 1)
    tensors, pictures = [], []
    for source in sources:
        image = read_image(source)
        tensor, geometry = to_tensor(
            image, preprocess, height=main.shape[h], width=main.shape[w], channels=main.shape[c], layout=layout
        )
        tensors.append(tensor)
        pictures.append(Picture(image, geometry))
    if len({t.shape for t in tensors}) > 1:
        raise InputError(
            "the pictures differ in size and the model takes any: they cannot share a batch. "
            "Give a size in the preprocessing, or explain them one by one.",
            shapes=tuple(t.shape for t in tensors),
        )
    return Samples({main.name: _of_type(np.stack(tensors), main, preprocess)}, len(tensors), tuple(pictures))


def _of_type(batch: NDArray[np.float32], main: InputSpec, preprocess: Preprocess) -> NDArray[Any]:
    """The batch as whole numbers, where the input takes such."""
    if main.dtype.kind != "u":
        return batch
    whole = np.clip(np.rint(batch), 0, np.iinfo(main.dtype).max)
    if np.abs(whole - batch).max() > ROUNDING:
        raise InputError(
            f"the input '{main.name}' takes {main.dtype}, preprocessing '{preprocess.name}' makes fractions or other "
            "numbers. Choose 'raw'.",
            input=main.name,
        )
    return whole.astype(main.dtype)
