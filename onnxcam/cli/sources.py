"""What the command line is given to explain: pictures, other files and folders, as a list of single samples."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnxcam.errors import InputError
from onnxcam.imaging import PICTURE_SUFFIXES
from onnxcam.samples import Samples, file_suffixes, gather, is_tensor_file, join, read_file

if TYPE_CHECKING:
    from onnxcam import Explainer

__all__ = ["Reader", "Source", "batches", "list_files"]


@dataclasses.dataclass(frozen=True, slots=True)
class Source:
    """One sample.

    Attributes:
        path: The file it is in.
        row: Its index among the file's samples; None for a picture.
        rows: How many samples the file holds.
        kind: What samples of one batch must share: of each input the shape behind the first axis, and the dtype; () for
            pictures.
    """

    path: Path
    row: int | None = None
    rows: int = 1
    kind: tuple[Any, ...] = ()

    def __str__(self) -> str:
        """The path as it was given, with the row where the file holds several."""
        return f"{self.path}[{self.row}]" if self.rows > 1 else str(self.path)


def list_files(given: Sequence[Path]) -> list[Path]:
    """Every file that is given or lies in a given folder, in order.

    Of a folder, its own pictures and other files with samples count, in alphabetical order; hidden files, others and
    sub-folders are passed over.

    Raises:
        InputError: A file is missing, or a folder has nothing to explain.
    """
    found: list[Path] = []
    for path in given:
        if not path.exists():
            raise InputError(f"no file or folder '{path}'. Check the path.", path=path)
        files = _in_folder(path) if path.is_dir() else [path]
        if not files:
            raise InputError(
                f"the folder '{path}' holds no pictures and no tensors ({', '.join(file_suffixes())}). "
                "Sub-folders are not searched; name them too.",
                path=path,
            )
        found += files
    return found


def batches(sources: Sequence[Source], size: int) -> Iterator[list[Source]]:
    """The samples in order, at most `size` at a time; pictures, and tensors of different shapes, are kept apart."""
    for _, alike in itertools.groupby(sources, key=lambda source: (source.row is None, source.kind)):
        while batch := list(itertools.islice(alike, size)):
            yield batch


class Reader:
    """Reads files as the inputs of one model; the last file is kept, since its samples come one after another."""

    def __init__(self, explainer: Explainer, others: Mapping[str, object] | None = None) -> None:
        self._explainer = explainer
        self._others = others or {}
        self._last: tuple[Path, Samples] | None = None

    def sources(self, files: Sequence[Path]) -> list[Source]:
        """The samples in the files; what is no picture is held against the model, one of each shape.

        Raises:
            InputError: A file cannot be read, or does not fit the model.
        """
        found: list[Source] = []
        checked = set()
        for path in files:
            if not is_tensor_file(path):
                found.append(Source(path))
                continue
            samples = self._read(path)
            kind = tuple(
                (name, array.shape[1:] if samples.counts(name) else array.shape, str(array.dtype))
                for name, array in samples.feeds.items()
            )
            if kind not in checked:
                self._check(path, samples)
                checked.add(kind)
            found += [Source(path, row, samples.count, kind) for row in range(samples.count)]
        return found

    def read(self, batch: Sequence[Source]) -> object:
        """A batch as `Explainer.explain` takes it: the pictures' paths or the other files' samples, with `others`.

        Raises:
            InputError: A file cannot be read any more.
        """
        if batch[0].row is None:
            return self._with_others([source.path for source in batch])
        parts = [
            self._read(path).rows([source.row for source in of_file if source.row is not None])
            for path, of_file in itertools.groupby(batch, key=lambda source: source.path)
        ]
        return self._with_others(join(parts))

    def _with_others(self, given: object) -> object:
        return {**self._others, self._explainer.input.name: given} if self._others else given

    def _read(self, path: Path) -> Samples:
        if self._last is None or self._last[0] != path:
            explainer = self._explainer
            samples = read_file(path, explainer.inputs, explainer.input, explainer.preprocess)
            if samples.rate is not None and explainer.preprocess.window is None:
                explainer.gather(self._with_others(samples))  # which may find a window
                samples = read_file(path, explainer.inputs, explainer.input, explainer.preprocess)
            self._last = path, samples
        return self._last[1]

    def _check(self, path: Path, samples: Samples) -> None:
        try:
            gather(self._with_others(samples.rows([0])), self._explainer.inputs, self._explainer.input, None)
        except InputError as error:
            raise InputError(f"'{path}': {error}", path=path, **error.facts) from error


def _in_folder(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"the folder '{folder}' cannot be read: {error.strerror}.", path=folder) from error
    return [file for file in files if file.is_file() and not file.name.startswith(".") and _is_known(file)]


def _is_known(file: Path) -> bool:
    return file.suffix.lower() in PICTURE_SUFFIXES or is_tensor_file(file)
