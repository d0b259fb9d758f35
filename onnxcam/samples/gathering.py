"""What a user gives, as what the model takes: pictures are preprocessed, arrays are checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess
from onnxcam.samples.batches import Samples, join
from onnxcam.samples.completion import complete, require_known
from onnxcam.samples.files import read_file
from onnxcam.samples.pictures import from_pictures, is_picture, preprocessed
from onnxcam.samples.specs import InputSpec

__all__ = ["gather", "take"]


def gather(inputs: object, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """Pictures, other files, arrays or a dict of these as samples, with an array for every input of the model.

    Args:
        inputs: A path, a uint8 (H, W, 3) picture, a list of these, an array (N, …), samples, or a dict of these by
            input name. What is given for one sample besides the main input goes with each.
        specs: The model's inputs.
        main: The one that a picture or a bare array is for.
        preprocess: For pictures, sounds and volumes.

    Raises:
        InputError: Something that the model cannot take, or an input that is missing.
    """
    if not isinstance(inputs, Mapping):
        return complete(preprocessed(take(inputs, specs, main, preprocess), main, preprocess), specs, main)
    require_known(inputs, specs)
    given = {name: _value(value, specs, specs[name], preprocess) for name, value in inputs.items()}
    samples = preprocessed(given.pop(main.name, Samples({}, 1)), main, preprocess)
    others = {n: a for one in given.values() for n, a in one.feeds.items()}
    feeds = {n: _for_each(a, specs[n], main, samples.count) for n, a in others.items()} | dict(samples.feeds)
    notes = tuple(note for one in (samples, *given.values()) for note in one.notes)
    return complete(dataclasses.replace(samples, feeds=feeds, notes=tuple(dict.fromkeys(notes))), specs, main)


def _value(given: object, specs: Mapping[str, InputSpec], spec: InputSpec, preprocess: Preprocess | None) -> Samples:
    """One entry of a dict: what names files or is a picture, as that; all else is an array."""
    listed = given if isinstance(given, (list, tuple)) else [given]
    is_named = bool(listed) and all(isinstance(one, (str, Path, Samples)) for one in listed)
    if is_named or (spec.is_picture and is_picture(given, spec)):
        return take(given, specs, spec, preprocess)
    array = np.asarray(given)
    return Samples({spec.name: array}, len(array) if array.ndim else 1)


def take(given: object, specs: Mapping[str, InputSpec], spec: InputSpec, preprocess: Preprocess | None) -> Samples:
    """What was given for one input, not yet checked.

    Raises:
        InputError: It is neither a picture, a file nor an array, or a file cannot be read.
    """
    if isinstance(given, Samples):
        return given
    listed = list(given) if isinstance(given, (list, tuple)) else [given]
    if listed and all(is_picture(one, spec) for one in listed):
        return from_pictures(listed, spec, preprocess or Preprocess())
    paths = [one for one in listed if isinstance(one, (str, Path))]
    if listed and len(paths) == len(listed):
        return join([read_file(path, specs, spec, preprocess) for path in paths])
    if isinstance(given, np.ndarray):
        return Samples({spec.name: given}, len(given) if given.ndim else 1)
    raise InputError(
        f"{type(given).__name__} is no input. Give a picture, a list of pictures, an array, or a dict of arrays.",
        given=type(given).__name__,
    )


def _for_each(array: NDArray[Any], spec: InputSpec, main: InputSpec, count: int) -> NDArray[Any]:
    """What was given for one sample, once for each, where the input's first axis is called as that of the main one."""
    symbol = main.symbols[0] if main.symbols else None
    is_counting = symbol is not None and spec.symbols[:1] == (symbol,)
    return np.repeat(array, count, axis=0) if is_counting and array.ndim and len(array) == 1 else array
