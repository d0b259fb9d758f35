"""What a user gives, as what the model takes: pictures are preprocessed, arrays are checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError, nearest
from onnxcam.explanation import Picture
from onnxcam.imaging import Preprocess, read_image, to_tensor
from onnxcam.samples.batches import Samples
from onnxcam.samples.specs import InputSpec

__all__ = ["gather", "load_array"]


def gather(inputs: object, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """Pictures, arrays or a dict of arrays as samples.

    Args:
        inputs: A path, a uint8 (H, W, 3) picture, a list of these, an array (N, …), or a dict of arrays by input name.
        specs: The model's inputs.
        main: The one that a picture or a bare array is for.
        preprocess: For pictures.

    Raises:
        InputError: Something that the model cannot take.
    """
    if isinstance(inputs, Mapping):
        return _arrays(inputs, specs, main)
    listed = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    if listed and all(_is_picture(one, main) for one in listed):
        return _pictures(listed, specs, main, preprocess or Preprocess())
    if isinstance(inputs, (str, Path)):
        return _arrays({main.name: load_array(inputs)}, specs, main)
    if listed and all(isinstance(one, (str, Path)) for one in listed):
        return _arrays({main.name: np.concatenate([load_array(str(one)) for one in listed])}, specs, main)
    if isinstance(inputs, np.ndarray):
        return _arrays({main.name: inputs}, specs, main)
    raise InputError(
        f"{type(inputs).__name__} is no input. Give a picture, a list of pictures, an array, or a dict of arrays.",
        given=type(inputs).__name__,
    )


def load_array(path: str | Path) -> NDArray[Any]:
    """The array in a `.npy` file.

    Raises:
        InputError: It is missing or holds no plain array.
    """
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except FileNotFoundError as error:
        raise InputError(f"no file '{path}'.", path=path) from error
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"'{path}' holds no numpy array. Write it with numpy.save.", path=path) from error


def _is_picture(one: object, main: InputSpec) -> bool:
    if isinstance(one, (str, Path)):
        return Path(one).suffix.lower() != ".npy"
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
    unknown = [n for n in given if n not in specs]
    if unknown:
        raise InputError(
            f"the model has no input '{unknown[0]}'.{nearest(unknown[0], specs)} It has {', '.join(specs)}.",
            input=unknown[0],
        )
    missing = [n for n in specs if n not in given]
    if missing:
        raise InputError(
            f"the model's input '{missing[0]}' is missing. Give a dict with an array for each of {', '.join(specs)}.",
            input=missing[0],
        )
    feeds = {n: _checked(np.asarray(a), specs[n], is_main=n == main.name) for n, a in given.items()}
    return Samples(feeds, len(feeds[main.name]) if feeds[main.name].ndim else 1)


def _checked(array: NDArray[Any], spec: InputSpec, *, is_main: bool) -> NDArray[Any]:
    fits = len(spec.shape) in (0, array.ndim) and all(
        d is None or d == array.shape[i] or (i == 0 and is_main) for i, d in enumerate(spec.shape)
    )
    if not fits or 0 in array.shape:
        hint = " Add a batch axis in front." if array.ndim == len(spec.shape) - 1 else ""
        raise InputError(
            f"the input '{spec.name}' takes {spec}; an array of shape {list(array.shape)} was given.{hint}",
            input=spec.name,
            expected=spec.shape,
            given=array.shape,
        )
    if array.dtype != spec.dtype and not (array.dtype.kind == "f" and spec.dtype.kind in "fV"):
        raise InputError(
            f"the input '{spec.name}' takes {spec.dtype}; {array.dtype} was given. "
            f"Preprocess it and convert it with .astype({str(spec.dtype)!r}).",
            input=spec.name,
            expected=str(spec.dtype),
            given=str(array.dtype),
        )
    return array.astype(spec.dtype, copy=False)
