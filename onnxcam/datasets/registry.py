"""The formats by name.

    @dataset_format("coco", told_by="a .json file with the lists images and annotations")
    def coco(path):
        ...

A format is a function from a path that exists to a `DataSet`, or to None where nothing of the format lies there; its
docstring is its documentation. A new format is one file in `formats/`, imported in `onnxcam.datasets`.
"""

from __future__ import annotations

import collections
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from onnxcam.datasets.records import DataSet
from onnxcam.errors import InputError, nearest

__all__ = ["AUTO", "Format", "FormatCard", "dataset_format", "format_cards", "format_names", "open_dataset"]

Format: TypeAlias = Callable[[Path], DataSet | None]

AUTO = "auto"
"""The name under which the format is told by what lies there."""

FEW_KINDS = 6


@dataclass(frozen=True, slots=True)
class FormatCard:
    """What a format says of itself.

    Attributes:
        name: As `open_dataset` knows it.
        told_by: What lies there if a path is of this format.
        summary: What is read, one sentence.
        is_annotated: Whether there is a file that says more than where the pictures are. Such a format goes before the
            others, which are told by folders alone.
    """

    name: str
    told_by: str
    summary: str
    is_annotated: bool = True


FORMATS: dict[str, Format] = {}
CARDS: dict[str, FormatCard] = {}


def dataset_format(name: str, *, told_by: str, is_annotated: bool = True) -> Callable[[Format], Format]:
    """Register the decorated function under `name` and return it unchanged; for the rest see `FormatCard`."""

    def register(function: Format) -> Format:
        if name in FORMATS or name == AUTO:
            raise ValueError(f"data set format '{name}' is registered twice")
        FORMATS[name] = function
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        CARDS[name] = FormatCard(name, told_by, summary, is_annotated)
        return function

    return register


def format_names() -> tuple[str, ...]:
    """Names of all formats, in alphabetical order."""
    return tuple(sorted(FORMATS))


def format_cards() -> tuple[FormatCard, ...]:
    """The cards of all formats, in alphabetical order."""
    return tuple(CARDS[name] for name in format_names())


def open_dataset(path: str | Path, format: str = AUTO) -> DataSet:
    """The data set at `path`, a file or a folder; "auto" tells the format by what lies there.

    Raises:
        InputError: Nothing is there; the format is unknown, or not the one of what is there; "auto" finds none, or
            annotations of two formats; an annotation file is malformed.
    """
    path = Path(path)
    if format != AUTO and format not in FORMATS:
        hint = nearest(format, FORMATS) or f" Known: {AUTO}, {', '.join(format_names())}."
        raise InputError(f"unknown data set format '{format}'.{hint}", format=format)
    if not path.exists():
        raise InputError(f"no file or folder '{path}'. Check the path.", path=path)
    try:
        opened = _tell(path) if format == AUTO else FORMATS[format](path)
    except OSError as error:
        raise InputError(f"'{error.filename}' cannot be read: {error.strerror}.", path=error.filename) from error
    if opened is None:
        raise _not_told(path, format_names() if format == AUTO else (format,))
    if opened.count == 0:
        raise InputError(f"the data set '{path}' ({opened.format}) holds no picture. Check the path.", path=path)
    return opened


def _tell(path: Path) -> DataSet | None:
    opened = (FORMATS[name](path) for name, card in CARDS.items() if card.is_annotated)
    annotated = [found for found in opened if found is not None]
    if len(annotated) > 1:
        names = " and ".join(found.format for found in annotated)
        raise InputError(
            f"'{path}' holds annotations of {names}. Choose a format (--dataset-format).",
            path=path,
            formats=[found.format for found in annotated],
        )
    if annotated:
        return annotated[0]
    for name, card in CARDS.items():
        if not card.is_annotated and (found := FORMATS[name](path)) is not None:
            return found
    return None


def _not_told(path: Path, formats: tuple[str, ...]) -> InputError:
    looked = "; ".join(f"{name}: {CARDS[name].told_by}" for name in formats)
    return InputError(
        f"'{path}' is no data set that can be read. Looked for {looked}. Found {_what_lies(path)}. "
        "Name the folder or file that is one of these.",
        path=path,
        formats=formats,
    )


def _what_lies(path: Path) -> str:
    if not path.is_dir():
        return f"a file ending in '{path.suffix}'" if path.suffix else "a file without an ending"
    kinds = collections.Counter(
        "folders" if entry.is_dir() else f"files ending in '{entry.suffix}'" for entry in path.iterdir()
    )
    shown = [f"{count} {kind}" for kind, count in kinds.most_common(FEW_KINDS)]
    return ", ".join(shown) or "an empty folder"
