"""The small text files beside a model. They come from strangers: only names that are asked for are read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

__all__ = ["Neighbours"]

SIZE_LIMIT = 8 * 2**20
ONNX_FOLDER = "onnx"
"""Folder in which a repository keeps its exported files, with their configuration one level up."""


class Neighbours:
    """Files in the model's own folder; one level up too, where that folder is called `onnx`.

    A link out of the folder is not followed, but for those of a Hugging Face cache, whose snapshots hold links only.

    Attributes:
        notes: What is wrong with files that are there and were asked for, a sentence each without a full stop.
    """

    def __init__(self, model: Path) -> None:
        folder = model.absolute().parent
        self._folders = (folder, folder.parent) if folder.name == ONNX_FOLDER else (folder,)
        self._texts: dict[str, str | None] = {}
        self._objects: dict[str, dict[str, Any] | None] = {}
        self.notes: list[str] = []

    def text(self, name: str) -> str | None:
        """The text of the file called `name`; None where there is none, or it cannot be used."""
        if name not in self._texts:
            self._texts[name] = self._read(name)
        return self._texts[name]

    def json(self, name: str) -> dict[str, Any] | None:
        """The JSON object in the file called `name`; None where there is none, or it cannot be used."""
        if name not in self._objects:
            text = self.text(name)
            self._objects[name] = self._parsed(name, text) if text is not None else None
        return self._objects[name]

    def _read(self, name: str) -> str | None:
        path = next((folder / name for folder in self._folders if (folder / name).is_file()), None)
        if path is None:
            return None
        try:
            if not any(path.resolve().is_relative_to(root) for root in _roots(path.parent)):
                why = "it is a link out of the model's folder"
            elif path.stat().st_size > SIZE_LIMIT:
                why = f"it has more than {SIZE_LIMIT // 2**20} MiB"
            else:
                return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            why = "it is not UTF-8 text"
        except OSError as error:
            why = str(error.strerror)
        self._refuse(name, why)
        return None

    def _parsed(self, name: str, text: str) -> dict[str, Any] | None:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            self._refuse(name, "it is not JSON")
            return None
        if not isinstance(found, dict):
            self._refuse(name, "it holds no JSON object")
            return None
        return found

    def _refuse(self, name: str, why: str) -> None:
        self.notes.append(f"'{name}' beside the model is not used: {why}")


def _roots(folder: Path) -> Iterator[Path]:
    """The folders that a file of `folder` may really lie in."""
    yield folder.resolve()
    for parent in folder.parents[:2]:
        if parent.name == "snapshots":
            yield (parent.parent / "blobs").resolve()
