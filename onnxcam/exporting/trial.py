"""Inputs to try a file on where none are given: random ones of the shapes that the model takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.graph import Model
from onnxcam.samples import InputSpec, is_state
from onnxcam.space import assumed_shapes

__all__ = ["random_inputs"]

BATCH = 2
"""Samples of a model of dynamic batch: more than one, so that a batch that became fixed shows."""


def random_inputs(model: Model, specs: Mapping[str, InputSpec], main: InputSpec) -> dict[str, NDArray[Any]]:
    """An array for each input but recurrent states, the same in every call.

    Floats are of a normal distribution, bytes of all values, whole numbers otherwise 0 or 1.
    """
    rng, shapes = np.random.default_rng(0), assumed_shapes(model)
    batch = main.shape[0] if main.shape and main.shape[0] is not None else BATCH
    counted = main.symbols[0] if main.symbols else None
    found = {}
    for name, spec in specs.items():
        if is_state(spec):
            continue
        shape = list(shapes.get(name, ()))
        is_counted = bool(spec.shape) and spec.shape[0] is None and (spec is main or spec.symbols[0] == counted)
        if is_counted:
            shape[0] = batch
        found[name] = _random(rng, tuple(shape), spec.dtype)
    return found


def _random(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype[Any]) -> NDArray[Any]:
    if dtype.kind in "fV":
        return rng.standard_normal(shape, np.float32).astype(dtype)
    highest = 256 if dtype.itemsize == 1 and dtype.kind == "u" else 2
    return rng.integers(0, highest, shape).astype(dtype)
