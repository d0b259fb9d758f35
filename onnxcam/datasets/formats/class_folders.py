"""A folder for each class."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

from onnxcam.datasets.places import is_picture, key_of, walk
from onnxcam.datasets.records import DataSet, Record
from onnxcam.datasets.registry import dataset_format
from onnxcam.datasets.texts import numbers_or_names
from onnxcam.errors import InputError

__all__ = ["class_folders"]

PARTS = frozenset(
    {
        "annotations",
        "images",
        "jpegimages",
        "labels",
        "masks",
        "test",
        "train",
        "training",
        "val",
        "valid",
        "validation",
    }
)
"""What folders within a data set are called that are no classes."""


@dataset_format(
    "class-folders",
    told_by="a folder of two folders or more with pictures in them, and none beside them",
    is_annotated=False,
)
def class_folders(path: Path) -> DataSet | None:
    """A folder for each class: a picture's label is the name of the folder below `path` that it is in, at any depth.

    Folders that are all called by numbers (`0`, `1`, …) give these numbers as labels, and no names.

    Raises:
        InputError: The folders are train and val, or images and masks, and the like, which are no classes.
    """
    if not path.is_dir():
        return None
    counts: dict[str, int] = {}
    for name in walk(path, is_picture):
        first, _, rest = name.partition("/")
        if not rest:
            return None
        counts[first] = counts.get(first, 0) + 1
    if len(counts) < 2:
        return None
    if PARTS.issuperset(name.lower() for name in counts):
        raise InputError(
            f"'{path}' holds the parts {', '.join(counts)} of a data set, which are no classes. Choose one of them: "
            f"'{path / next(iter(counts))}'.",
            path=path,
        )
    labels = tuple(sorted(counts))
    return DataSet(
        path,
        "class-folders",
        path,
        functools.partial(_records, path, labels),
        sum(counts.values()),
        None if numbers_or_names(labels) is int else labels,
        (f"the {len(labels)} folders in '{path}' are taken to be classes",),
    )


def _records(root: Path, labels: tuple[str, ...]) -> Iterator[Record]:
    read = numbers_or_names(labels)
    for name in walk(root, is_picture):
        yield Record(key_of(name), os.path.join(root, name), read(name.partition("/")[0]))  # noqa: PTH118
