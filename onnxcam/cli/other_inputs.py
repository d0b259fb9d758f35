"""What `--input NAME=VALUE` spells: the model's inputs besides the one that is explained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from onnxcam.errors import InputError

__all__ = ["spelled_inputs"]


def spelled_inputs(given: Sequence[str]) -> dict[str, Path | tuple[float, ...]]:
    """A file, or numbers, for each input that is named.

    Raises:
        InputError: No `NAME=VALUE`, or two for one name.
    """
    found: dict[str, Path | tuple[float, ...]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not value:
            raise InputError(
                f"'{one}' is no input. Write --input NAME=VALUE, a file or numbers with commas.", given=one
            )
        if name in found:
            raise InputError(f"the input '{name}' is given twice. Leave one out.", input=name)
        found[name] = _numbers(value) or Path(value)
    return found


def _numbers(value: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in value.split(","))
    except ValueError:
        return ()
