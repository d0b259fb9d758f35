"""What a user gives, as what the model takes: pictures are preprocessed, arrays are checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from onnxcam.errors import InputError
from onnxcam.explanation import Picture
from onnxcam.imaging import Preprocess, read_image, to_tensor
from onnxcam.samples.batches import Samples, join
from onnxcam.samples.completion import complete
from onnxcam.samples.files import is_tensor_file, read_file
from onnxcam.samples.specs import InputSpec

__all__ = ["gather"]


def gather(inputs: object, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """Pictures, other files, arrays or a dict of arrays as samples, with an array for every input of the model.

    Args:
        inputs: A path, a uint8 (H, W, 3) picture, a list of these, an array (N, …), a dict of arrays by input name, or
            samples that lack no more than what `complete` makes.
        specs: The model's inputs.
        main: The one that a picture or a bare array is for.
        preprocess: For pictures, sounds and volumes.

    Raises:
        InputError: Something that the model cannot take.
    """
    if isinstance(inputs, Samples):
        return complete(inputs, specs, main)
    if isinstance(inputs, Mapping):
        return _arrays(inputs, specs, main)
    listed = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if listed and all(_is_picture(one, main) for one in listed):
        return _pictures(listed, specs, main, preprocess or Preprocess())
    paths = [one for one in listed if isinstance(one, (str, Path))]
    if listed and len(paths) == len(listed):
        return complete(join([read_file(path, specs, main, preprocess) for path in paths]), specs, main)
    if isinstance(inputs, np.ndarray):
        return _arrays({main.name: inputs}, specs, main)
    raise InputError(
        f"{type(inputs).__name__} is no input. Give a picture, a list of pictures, an array, or a dict of arrays.",
        given=type(inputs).__name__,
    )


def _is_picture(one: object, main: InputSpec) -> bool:
    if isinstance(one, (str, Path)):
        return not is_tensor_file(one)
    is_rgb = isinstance(one, np.ndarray) and one.dtype == np.uint8 and one.ndim == 3 and one.shape[2] == 3
    return is_rgb and len(main.shape) != 3


def _pictures(
    sources: Sequence[Any], specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess
) -> Samples:
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
    samples = _arrays({main.name: np.stack(tensors)}, specs, main)
    return dataclasses.replace(samples, pictures=tuple(pictures))


def _arrays(given: Mapping[str, Any], specs: Mapping[str, InputSpec], main: InputSpec) -> Samples:
    array = np.asarray(given.get(main.name))
    return complete(Samples(given, len(array) if array.ndim else 1), specs, main)
