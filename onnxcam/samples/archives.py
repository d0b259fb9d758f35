"""Samples from `.npz` files: one array, or one for each of the model's inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess
from onnxcam.samples.batches import Samples
from onnxcam.samples.completion import checked
from onnxcam.samples.files import reads
from onnxcam.samples.pictures import are_pictures
from onnxcam.samples.specs import InputSpec

__all__ = ["read_npz"]


@reads(".npz")
def read_npz(path: Path, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """Arrays named as the model's inputs; or else the one array, or the one that fits the input explained."""
    arrays = _load(path)
    named = {name: array for name, array in arrays.items() if name in specs}
    if named:
        ignored = [name for name in arrays if name not in specs]
        notes = (f"'{path}': {_listed(ignored)} is no input of the model and is ignored",) if ignored else ()
        return _samples(path, named, main, notes)
    fitting = [name for name, array in arrays.items() if len(arrays) == 1 or _fits(array, main)]
    if len(fitting) == 1:
        note = f"'{path}': of {_listed(arrays)}, '{fitting[0]}' alone fits the input '{main.name}' and is explained"
        return _samples(path, {main.name: arrays[fitting[0]]}, main, (note,) if len(arrays) > 1 else ())
    held = ", ".join(f"'{n}' {a.dtype} {list(a.shape)}" for n, a in arrays.items())
    inputs = ", ".join(f"'{spec.name}' {spec}" for spec in specs.values())
    raise InputError(
        f"'{path}' holds {held}; {'none of them' if not fitting else 'more than one'} fits the model's input. "
        f"Write arrays that are named as the inputs are, with numpy.savez: {inputs}.",
        path=path,
        arrays=tuple(arrays),
    )


def _load(path: Path) -> dict[str, NDArray[Any]]:
    try:
        arrays = _read(path)
    except FileNotFoundError as error:
        raise InputError(f"no file '{path}'.", path=path) from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what reads a stranger's bytes raises whatever it trips over
        raise InputError(f"'{path}' holds no numpy arrays. Write them with numpy.savez.", path=path) from error
    if not arrays:
        raise InputError(f"'{path}' holds no arrays.", path=path)
    return arrays


def _read(path: Path) -> dict[str, NDArray[Any]]:
    loaded = np.load(path, allow_pickle=False)
    if not isinstance(loaded, np.lib.npyio.NpzFile):
        raise InputError(f"'{path}' holds one array, though it ends in .npz. Rename it to .npy.", path=path)
    with loaded as archive:
        return {name: archive[name] for name in archive.files}


def _samples(path: Path, feeds: dict[str, NDArray[Any]], main: InputSpec, notes: tuple[str, ...]) -> Samples:
    if main.name not in feeds:
        raise InputError(
            f"'{path}' holds no array '{main.name}', the input that is explained; it takes {main}. Add it.", path=path
        )
    array = feeds[main.name]
    if array.ndim == 0 or array.shape[0] == 0:
        raise InputError(f"'{path}' holds no samples: '{main.name}' has shape {list(array.shape)}.", path=path)
    return Samples(feeds, len(array), notes=notes)


def _fits(array: NDArray[Any], main: InputSpec) -> bool:
    if are_pictures(array, main):
        return True
    try:
        checked(array, main, is_main=True)
    except InputError:
        return False
    return True


def _listed(names: Mapping[str, Any] | list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
