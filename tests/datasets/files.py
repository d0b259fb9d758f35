"""Small files of data sets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ORIENTATION = 0x0112


def write_picture(path: Path, height: int = 6, width: int = 9, orientation: int = 1) -> Path:
    """A picture of one colour, `height` x `width` as stored."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(np.full((height, width, 3), 127, np.uint8)).save(path, exif=exif)
    return path


def write_text(path: Path, *lines: str) -> Path:
    """A text file of these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def write_json(path: Path, content: Any) -> Path:
    """A JSON file."""
    return write_text(path, json.dumps(content))


def keys(records: Iterable[Any]) -> list[str]:
    """The keys of records, in order."""
    return [record.key for record in records]
