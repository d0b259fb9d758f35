"""What `--input NAME=VALUE` gives: the model's inputs besides the one that is explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.samples import InputSpec, require_known

__all__ = ["other_inputs"]


def other_inputs(
    given: Sequence[str], specs: Mapping[str, InputSpec], main: InputSpec
) -> dict[str, Path | NDArray[Any]]:
    """A file or numbers for each input that is named.

    Raises:
        InputError: No `NAME=VALUE`, no such input, the one that is explained, no such file, or too few or many numbers.
    """
    found: dict[str, Path | NDArray[Any]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not value:
            raise InputError(
                f"'{one}' is no input. Write --input NAME=VALUE, a file or numbers with commas.", given=one
            )
        require_known([name], specs)
        if name == main.name:
            raise InputError(f"'{name}' is the input that is explained: name its file without --input.", input=name)
        numbers = _numbers(value)
        found[name] = _file(name, value) if numbers is None else _shaped(numbers, specs[name])
    return found


def _numbers(value: str) -> list[float] | None:
    try:
        return [float(part) for part in value.split(",")]
    except ValueError:
        return None


def _file(name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_file():
        raise InputError(f"no file '{path}' for the input '{name}'. Check the path.", path=path, input=name)
    return path


def _shaped(numbers: list[float], spec: InputSpec) -> NDArray[Any]:
    """Numbers in the input's shape, a dimension that is not known being 1."""
    shape = [d or 1 for d in spec.shape]
    array = np.array(numbers).astype(spec.dtype)
    if array.size != np.prod(shape, dtype=int):
        raise InputError(f"the input '{spec.name}' takes {spec}; {len(numbers)} numbers were given.", input=spec.name)
    return array.reshape(shape)
