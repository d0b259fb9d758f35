"""Pictures that a list of the user's own names: relative to the list, or by an absolute path."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from onnxcam.datasets.places import is_name, key_of, name_below
from onnxcam.errors import InputError

__all__ = ["Root", "unique"]


class Root:
    """The folder of a list. Its absolute paths are taken as they are: who writes a list of paths means them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._absolute = os.path.abspath(folder)  # noqa: PTH100

    def locate(self, name: object, where: str) -> tuple[str, str]:
        """Key and path of a picture; the key of one outside the folder is its absolute path.

        Raises:
            InputError: It is no name, or a relative one that leads out of the folder.
        """
        if not (is_name(name) and os.path.isabs(name)):  # noqa: PTH117
            below = name_below(name, where)
            return key_of(below), os.path.join(self._folder, below)  # noqa: PTH118
        path = Path(os.path.normpath(name))
        inside = path.is_relative_to(self._absolute)
        return key_of((path.relative_to(self._absolute) if inside else path).as_posix()), name


def unique(keys: Iterable[tuple[str, str]]) -> None:
    """Check that no key stands twice; each comes with its file and place in it.

    Raises:
        InputError: One does.
    """
    seen: dict[str, str] = {}
    for key, where in keys:
        if key in seen:
            raise InputError(
                f"{where}: the picture '{key}' stands there already ({seen[key]}). Remove one of the two.", key=key
            )
        seen[key] = where
