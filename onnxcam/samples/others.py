"""The model's inputs besides the one that is explained, where each has one value for all samples."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess
from onnxcam.samples.batches import Samples
from onnxcam.samples.completion import checked, require_known
from onnxcam.samples.gathering import take
from onnxcam.samples.specs import InputSpec

__all__ = ["other_inputs"]


def other_inputs(
    given: Mapping[str, object],
    specs: Mapping[str, InputSpec],
    main: InputSpec,
    preprocess: Preprocess | None = None,
) -> dict[str, Samples | NDArray[Any]]:
    """What each input that is named is fed, ready to be gathered with any sample.

    Args:
        given: By name a file, a number, or numbers, nested or in an array. Numbers take the input's dtype, and its
            shape where that is as many, a dimension that is not known being 1.
        specs: The model's inputs.
        main: The one that is explained.
        preprocess: For files.

    Raises:
        InputError: No such input, the one that is explained, no such file, or numbers that do not fit.
    """
    require_known(given, specs)
    if main.name in given:
        raise InputError(
            f"'{main.name}' is the input that is explained: name its file without --input.", input=main.name
        )
    found: dict[str, Samples | NDArray[Any]] = {}
    for name, value in given.items():
        is_file = isinstance(value, (str, Path))
        found[name] = _file(Path(str(value)), specs, name, preprocess) if is_file else _array(value, specs[name])
    return found


def _file(path: Path, specs: Mapping[str, InputSpec], name: str, preprocess: Preprocess | None) -> Samples:
    if not path.is_file():
        raise InputError(f"no file '{path}' for the input '{name}'. Check the path.", path=path, input=name)
    return take(path, specs, specs[name], preprocess)


def _array(value: object, spec: InputSpec) -> NDArray[Any]:
    try:
        numbers = np.asarray(value)
    except ValueError as error:  # lists of different lengths
        raise InputError(f"the input '{spec.name}' takes {spec}: {error}.", input=spec.name) from error
    if numbers.dtype.kind not in "biuf":
        raise InputError(f"the input '{spec.name}' takes {spec}, numbers or a file; not {value!r}.", input=spec.name)
    array = numbers.astype(spec.dtype)
    if spec.dtype.kind in "biu" and (array != numbers).any():
        raise InputError(
            f"the input '{spec.name}' takes {spec}: {value!r} would be rounded.", input=spec.name, given=value
        )
    if numbers.ndim and numbers.ndim == len(spec.shape):
        return checked(array, spec, is_main=False)
    shape = [d or 1 for d in spec.shape]
    if array.size != np.prod(shape, dtype=int):
        raise InputError(f"the input '{spec.name}' takes {spec}; {array.size} numbers were given.", input=spec.name)
    return array.reshape(shape)
