"""What text and JSON hold: decoded, and checked to be numbers where numbers are due."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeGuard

from onnxcam.errors import InputError

__all__ = ["is_index", "is_text", "number", "numbers_or_names", "parse_json", "read_bytes", "read_text"]


def read_bytes(path: Path) -> bytes:
    """What is in a file.

    Raises:
        InputError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}. Check the path.", path=path) from error


def read_text(path: Path) -> str:
    """A text file in UTF-8, with or without a byte order mark.

    Raises:
        InputError: It cannot be read, or is in another encoding.
    """
    content = read_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"'{path}' is not text in UTF-8. Save it as such.", path=path) from error


def parse_json(text: str, path: Path, line: int | None = None) -> Any:
    """The value that a text is in JSON; `line` is the text's number, where it is one of the lines of `path`.

    Raises:
        InputError: It is no JSON; the message names the line.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = error.lineno if line is None else line
        raise InputError(
            f"'{path}', line {at}: no JSON: {error.msg} (column {error.colno}). Correct the file.", path=path, line=at
        ) from error
    except (ValueError, RecursionError) as error:  # a number of too many digits; brackets within brackets
        at = line or 1
        raise InputError(f"'{path}', line {at}: JSON that cannot be read: {error}.", path=path, line=at) from error


MOST_CLASSES = 1 << 31
"""Class indices are smaller, so that any table holds them."""


def is_index(value: object) -> TypeGuard[int]:
    """Whether a value is a whole number that can be the index of a class, or less than none."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_CLASSES


def is_text(value: object) -> TypeGuard[str]:
    """Whether a value is text that a file can hold: JSON and YAML can write half of a character."""
    return isinstance(value, str) and not any("\ud800" <= character <= "\udfff" for character in value)


def number(value: object) -> float | None:
    """A finite number, given as such or as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def numbers_or_names(labels: Iterable[str]) -> Callable[[str], str | int]:
    """How to read class labels that are text: as numbers if all of `labels` are (`7`, not `07`), else as they are."""
    return int if all(_is_number(label) for label in labels) else str


def _is_number(label: str) -> bool:
    is_plain = label.isascii() and label.isdecimal() and len(label) <= len(str(MOST_CLASSES))
    return is_plain and str(int(label)) == label and is_index(int(label))
