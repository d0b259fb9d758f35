"""Files that are no pictures, by how their names end.

    @reads(".npy")
    def read_npy(path, specs, main, preprocess):
        ...

A reader gives the samples in a file, for some of the model's inputs; `complete` sees to the others and checks them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess
from onnxcam.samples.batches import Samples
from onnxcam.samples.specs import InputSpec

__all__ = ["Reader", "file_suffixes", "is_array_file", "is_tensor_file", "load_array", "read_file", "reads"]

Reader: TypeAlias = Callable[[Path, Mapping[str, InputSpec], InputSpec, Preprocess | None], Samples]

READERS: dict[str, Reader] = {}
ARRAYS = (".npy", ".npz")


def reads(*suffixes: str) -> Callable[[Reader], Reader]:
    """Register the decorated function for files whose names end so, and return it unchanged."""

    def register(function: Reader) -> Reader:
        for suffix in suffixes:
            if suffix in READERS:
                raise ValueError(f"two readers for '{suffix}'")
            READERS[suffix] = function
        return function

    return register


def file_suffixes() -> tuple[str, ...]:
    """How names of files that are no pictures end, in alphabetical order."""
    return tuple(sorted(READERS))


def is_array_file(path: str | Path) -> bool:
    """Whether a file holds what the model takes already, by its name: nothing is to be preprocessed."""
    return str(path).lower().endswith(ARRAYS)


def is_tensor_file(path: str | Path) -> bool:
    """Whether a file counts as something else than a picture, by its name."""
    return str(path).lower().endswith(file_suffixes())


def read_file(
    path: str | Path, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None
) -> Samples:
    """The samples in a file.

    Args:
        path: The file.
        specs: The model's inputs.
        main: The one that is explained.
        preprocess: How sounds and volumes become numbers; None for the default.

    Raises:
        InputError: A file that cannot be read, does not fit, or is a picture.
    """
    suffix = max((s for s in READERS if str(path).lower().endswith(s)), key=len, default=None)
    if suffix is None:
        raise InputError(f"'{path}' is a picture among other files: they cannot share a batch.", path=path)
    return READERS[suffix](Path(path), specs, main, preprocess)


@reads(".npy")
def read_npy(path: Path, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """An array as the model takes it: its first axis counts the samples."""
    array = load_array(path)
    if array.ndim == 0 or array.shape[0] == 0:
        raise InputError(f"'{path}' holds no samples: its array has shape {list(array.shape)}.", path=path)
    return Samples({main.name: array}, len(array))


def load_array(path: str | Path) -> NDArray[Any]:
    """The array in a `.npy` file, mapped where that can be done, so that its rows are read when they are needed.

    Raises:
        InputError: It is missing or holds no plain array.
    """
    for mode in ("r", None):
        try:
            array = np.load(path, mmap_mode=mode, allow_pickle=False)
            break
        except FileNotFoundError as error:
            raise InputError(f"no file '{path}'.", path=path) from error
        except MemoryError:
            raise
        except Exception as error:  # what reads a stranger's bytes raises whatever it trips over
            if mode is None:
                raise InputError(f"'{path}' holds no numpy array. Write it with numpy.save.", path=path) from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"'{path}' holds several arrays, though it ends in .npy. Rename it to .npz.", path=path)
    return array
