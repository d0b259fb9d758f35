"""The numbers in a sound's or a volume's file as those that the model takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import PICTURE_SCALE, Preprocess
from onnxcam.samples.specs import InputSpec

__all__ = ["scaled"]

AS_THEY_ARE = "its numbers as they are"


def scaled(
    values: NDArray[np.float32], settings: Preprocess, spec: InputSpec, path: Path, *, low: float, high: float
) -> tuple[NDArray[Any], str]:
    """(x * scale - mean) / std in the input's dtype, and in words what was done.

    A scale of 1/255 brings a picture into [0, 1]; here it stands for (x - low) / (high - low). An input of integers
    gets the file's numbers, rounded.

    Raises:
        InputError: A mean or std for each colour, or numbers beyond the input's integers.
    """
    if max(len(settings.mean), len(settings.std)) > 1:
        raise InputError(
            f"the preprocessing '{settings.name}' is for pictures, and '{path}' is none. "
            "Use unit, raw, or a JSON file with one mean and one std.",
            path=path,
        )
    if spec.dtype.kind in "iu":
        return _whole(values, spec, path), AS_THEY_ARE
    if settings.scale == PICTURE_SCALE:
        factor = 1 / (high - low) if high > low else 1.0
        numbers = (values - np.float32(low)) * np.float32(factor)
        told = f"scaled by 1/{high:g}" if low == 0 < high else f"[{low:g}, {high:g}] scaled to [0, 1]"
        told = told if high > low else f"all {low:g}, taken as 0"
    else:
        numbers = values * np.float32(settings.scale)
        told = AS_THEY_ARE if settings.scale == 1 else f"scaled by {settings.scale:g}"
    mean, std = settings.mean[0], settings.std[0]
    if (mean, std) != (0, 1):
        numbers = (numbers - np.float32(mean)) / np.float32(std)
        told = f"{told}, less {mean:g}, divided by {std:g}"
    return numbers.astype(spec.dtype), told


def _whole(values: NDArray[np.float32], spec: InputSpec, path: Path) -> NDArray[Any]:
    whole, limits = np.rint(values), np.iinfo(spec.dtype)
    if whole.min() < limits.min or whole.max() > limits.max:
        raise InputError(
            f"the input '{spec.name}' takes {spec}; '{path}' ranges from {whole.min():g} to {whole.max():g}. "
            "Give an array of that type as .npy.",
            path=path,
            input=spec.name,
        )
    return whole.astype(spec.dtype)
