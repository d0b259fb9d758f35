"""What the command line is given to explain: pictures, tensors and folders, as a list of single samples."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.samples import load_array

__all__ = ["PICTURE_SUFFIXES", "Source", "batches", "list_sources", "open_tensor", "read"]

PICTURE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""What counts as a picture inside a folder; a file that is named itself may end in anything."""

TENSOR_SUFFIX = ".npy"


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """One sample.

    Attributes:
        path: The file it is in.
        row: Its index along a tensor's first axis; None for a picture.
        rows: How many samples the file holds.
        kind: What samples of one batch must share: the shape behind the first axis, and the dtype; () for pictures.
    """

    path: Path
    row: int | None = None
    rows: int = 1
    kind: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """The path as it was given, with the row where the file holds several."""
        return f"{self.path}[{self.row}]" if self.rows > 1 else str(self.path)


def list_sources(given: Sequence[Path]) -> list[Source]:
    """Every sample of the given files and folders, in order; of tensors only the headers are read.

    Of a folder, its own pictures and tensors count, in alphabetical order; hidden files, other files and sub-folders
    are passed over.

    Raises:
        InputError: A file is missing or holds no array, or a folder has nothing to explain.
    """
    found: list[Source] = []
    for path in given:
        if not path.exists():
            raise InputError(f"no file or folder '{path}'. Check the path.", path=path)
        files = _in_folder(path) if path.is_dir() else [path]
        if not files:
            raise InputError(
                f"the folder '{path}' holds no pictures and no {TENSOR_SUFFIX} tensors. "
                "Sub-folders are not searched; name them too.",
                path=path,
            )
        found += [source for file in files for source in _samples(file)]
    return found


def batches(sources: Sequence[Source], size: int) -> Iterator[list[Source]]:
    """The samples in order, at most `size` at a time; pictures, and tensors of different shapes, are kept apart."""
    for _, alike in itertools.groupby(sources, key=lambda source: (source.row is None, source.kind)):
        while batch := list(itertools.islice(alike, size)):
            yield batch


def read(batch: Sequence[Source]) -> list[Path] | NDArray[Any]:
    """A batch as `Explainer.explain` takes it: the pictures' paths, or the tensors' rows in one array."""
    if batch[0].row is None:
        return [source.path for source in batch]
    rows = []
    for path, of_file in itertools.groupby(batch, key=lambda source: source.path):
        array = open_tensor(path)
        rows += [array[source.row : source.row + 1] for source in of_file if source.row is not None]
    return np.concatenate(rows)


def open_tensor(path: Path) -> NDArray[Any]:
    """The array in a `.npy` file, mapped where that can be done, so that its rows are read when they are needed.

    Raises:
        InputError: The file holds no array.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError):
        return load_array(path)
    if not isinstance(array, np.ndarray):
        raise InputError(f"'{path}' holds several arrays. Write one with numpy.save.", path=path)
    return array


def _in_folder(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"the folder '{folder}' cannot be read: {error.strerror}.", path=folder) from error
    return [file for file in files if file.is_file() and not file.name.startswith(".") and _is_known(file)]


def _is_known(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES or file.suffix.lower() == TENSOR_SUFFIX


def _samples(file: Path) -> list[Source]:
    if file.suffix.lower() != TENSOR_SUFFIX:
        return [Source(file)]
    array = open_tensor(file)
    if array.ndim == 0 or array.shape[0] == 0:
        raise InputError(f"'{file}' holds no samples: its array has shape {list(array.shape)}.", path=file)
    kind = (*array.shape[1:], str(array.dtype))
    return [Source(file, row, len(array), kind) for row in range(len(array))]
