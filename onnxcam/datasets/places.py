"""Where the files of a data set are: walking folders, and names that annotations give."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TypeGuard

from onnxcam.errors import InputError
from onnxcam.imaging import PICTURE_SUFFIXES

__all__ = ["Neighbours", "has_suffix", "is_name", "is_picture", "key_of", "name_below", "normal_name", "walk"]

KEPT = 4
"""Folders whose names are kept."""


def is_picture(name: str) -> bool:
    """Whether a file of this name counts as a picture."""
    return has_suffix(name, PICTURE_SUFFIXES)


def has_suffix(name: str, suffixes: Iterable[str]) -> bool:
    """Whether a file's name ends in one of `suffixes`, which are lower case and begin with a full stop."""
    return os.path.splitext(name)[1].lower() in suffixes  # noqa: PTH122  once for each file of a data set


def walk(root: Path, wanted: Callable[[str], bool]) -> Iterator[str]:
    """Names below `root`, with `/`, of the files whose own name is `wanted`; folder by folder, in a stable order.

    Of each folder its files come first, then its sub-folders, both in alphabetical order. Hidden ones are passed over;
    links are followed, a folder within itself once. The names of one folder are held at a time.

    Raises:
        InputError: A folder cannot be read.
    """
    yield from _walk(root, "", wanted, frozenset())


def _walk(root: Path, below: str, wanted: Callable[[str], bool], inside: frozenset[tuple[int, int]]) -> Iterator[str]:
    files, folders = [], []
    try:
        status = os.stat(root / below)  # noqa: PTH116
        with os.scandir(root / below) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    folders.append(entry.name)
                elif wanted(entry.name):
                    files.append(entry.name)
    except OSError as error:
        raise InputError(f"the folder '{root / below}' cannot be read: {error.strerror}.", path=root / below) from error
    this = (status.st_dev, status.st_ino)
    if this in inside:
        return
    for name in sorted(files):
        yield below + name
    for name in sorted(folders):
        yield from _walk(root, f"{below}{name}/", wanted, inside | {this})


class Neighbours:
    """The pictures beside each other in a folder, by their names without an ending; the last few folders are kept."""

    def __init__(self) -> None:
        self._folders: dict[Path, dict[str, list[str]]] = {}

    def named(self, folder: Path, stem: str) -> list[str]:
        """Names of the pictures `stem.*` in `folder`, in alphabetical order; none where there is no such folder."""
        if folder not in self._folders:
            if len(self._folders) == KEPT:
                self._folders.clear()
            self._folders[folder] = self._read(folder)
        return self._folders[folder].get(stem, [])

    def _read(self, folder: Path) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for name in sorted(os.listdir(folder)) if folder.is_dir() else ():  # noqa: PTH208
            if is_picture(name) and not name.startswith("."):
                names.setdefault(os.path.splitext(name)[0], []).append(name)  # noqa: PTH122
        return names


def name_below(name: object, where: str) -> str:
    """A file's name from an annotation, with `/` and without `.` and `..`; it stays below the folder that it is in.

    Links are not looked at: an annotation cannot make any.

    Args:
        name: As the annotation has it.
        where: The file and the place in it, for the error.

    Raises:
        InputError: It is no name, or leads elsewhere.
    """
    if not is_name(name):
        raise InputError(f"{where}: {name!r} is no file name. Correct the annotation.", name=name)
    windows = PureWindowsPath(name)
    if windows.anchor or windows.drive or PurePosixPath(name).is_absolute():
        raise InputError(
            f"{where}: the file name '{name}' is absolute, and may only lead to files below the data set's folder. "
            "Make it relative.",
            name=name,
        )
    normal = normal_name(name.replace("\\", "/"))
    if normal is None:
        raise InputError(
            f"{where}: the file name '{name}' leads out of the data set's folder. Move the file below it.", name=name
        )
    return normal


def is_name(name: object) -> TypeGuard[str]:
    """Whether a value can be the name of a file."""
    if not isinstance(name, str) or not name.strip() or "\0" in name:
        return False
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    return True


def normal_name(name: str) -> str | None:
    """A relative name with `/`, without `.` and `..`; None where it leads out of the folder it is in, or nowhere."""
    parts: list[str] = []
    for part in PurePosixPath(name).parts:
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts) or None


def key_of(name: str) -> str:
    """A name with `/` as a record's key: bytes that are no UTF-8 are written out, so that any file can hold it."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
