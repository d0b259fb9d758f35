"""Pictures of which nobody says what they are: a folder, a list, or one file."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from onnxcam.datasets.listed import Root, unique
from onnxcam.datasets.places import is_picture, key_of, walk
from onnxcam.datasets.records import DataSet, Record
from onnxcam.datasets.registry import dataset_format
from onnxcam.datasets.texts import read_text

__all__ = ["pictures"]


@dataset_format(
    "pictures", told_by="pictures in a folder or its sub-folders, a picture, a .txt of paths", is_annotated=False
)
def pictures(path: Path) -> DataSet | None:
    """Pictures without labels: all below a folder, those listed in a text file, one a line, or a single one.

    Paths in a list are relative to the list's folder, or absolute; empty lines and those that begin with `#` do not
    count.
    """
    if path.is_dir():
        if not (count := sum(1 for _ in walk(path, is_picture))):
            return None
        return DataSet(path, "pictures", path, functools.partial(_in_folder, path), count)
    if is_picture(path.name):
        record = Record(key_of(path.name), str(path))
        return DataSet(path, "pictures", path.parent, functools.partial(iter, (record,)), 1)
    if path.suffix.lower() == ".txt":
        return _listed(path)
    return None


def _in_folder(root: Path) -> Iterator[Record]:
    for name in walk(root, is_picture):
        yield Record(key_of(name), os.path.join(root, name))  # noqa: PTH118


def _listed(path: Path) -> DataSet | None:
    lines = [(number, line.strip()) for number, line in enumerate(read_text(path).splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not lines or not is_picture(lines[0][1]):
        return None
    root = Root(path.parent)
    records = [Record(*root.locate(line, f"'{path}', line {number}")) for number, line in lines]
    where = (f"'{path}', line {number}" for number, _ in lines)
    unique(zip((record.key for record in records), where, strict=True))
    return DataSet(path, "pictures", path.parent, functools.partial(iter, records), len(records))
