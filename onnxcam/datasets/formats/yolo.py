"""YOLO: a text file for each picture, with numbers relative to its size."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onnxcam.datasets.places import Neighbours, has_suffix, is_picture, key_of, walk
from onnxcam.datasets.records import DataSet, Record
from onnxcam.datasets.registry import dataset_format
from onnxcam.datasets.yolo_labels import is_label_file, read_shapes
from onnxcam.datasets.yolo_names import SUFFIXES, TEXTS, Names, read_names
from onnxcam.errors import InputError
from onnxcam.imaging import picture_size

__all__ = ["yolo"]

IMAGES, LABELS = "images", "labels"

SAMPLE = 50
"""Text files that are looked at, to tell the format."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Folder of the data set; name below it of the part that is read, "" for all of it, else ending in `/`."""

    root: Path
    part: str
    names: Names


@dataset_format(
    "yolo", told_by="images/ and labels/ with text files of numbers, or such files beside the pictures; data.yaml"
)
def yolo(path: Path) -> DataSet | None:
    """YOLO's text files: boxes by centre and size or outlines, relative to the upright picture, by class.

    The labels of `…/images/x.jpg` are `…/labels/x.txt`, else the text file beside the picture. Names of classes are
    those of the .yaml file, of obj.names or of classes.txt; without them, labels are numbers. All parts of the data set
    are read, whatever the .yaml file says of train and val; to read one, give its folder (`images/val`). A picture
    without labels is a record without regions, and so is one that cannot be read, since without its size labels say
    nothing.

    Raises:
        InputError: A line is malformed, or of a class without a name; the message names it.
    """
    if path.is_dir():
        layout = _layout(path)
    elif has_suffix(path.name, SUFFIXES) and (names := read_names(path.parent, path)) is not None:
        layout = Layout(path.parent, "", names)
    else:
        return None
    if not layout.names.is_yaml and not _has_labels(layout):
        return None
    count = unlabelled = 0
    for _, label in _pairs(layout):  # once, so that what is malformed comes to light before an audit has run for hours
        count += 1
        unlabelled += label is None
        if label is not None:
            read_shapes(label, layout.names)
    notes = []
    if unlabelled:
        notes.append(f"{unlabelled} of {count} pictures have no labels, and no regions")
    if not layout.names.by_index:
        notes.append("no file names the classes: labels are numbers")
    labels = tuple(name for _, name in sorted(layout.names.by_index.items())) or None
    return DataSet(path, "yolo", layout.root, functools.partial(_records, layout), count, labels, tuple(notes))


def _layout(path: Path) -> Layout:
    """The data set's own folder lies above `images`, where `path` is or lies in such a folder with labels beside it."""
    parts = Path(os.path.abspath(path)).parts  # noqa: PTH100
    if IMAGES in parts:
        at = len(parts) - 1 - parts[::-1].index(IMAGES)
        if Path(*parts[:at], LABELS, *parts[at + 1 :]).is_dir():
            root = Path(*parts[:at])
            return Layout(root, "/".join(parts[at:]) + "/", read_names(root) or Names())
    return Layout(path, "", read_names(path) or Names())


def _has_labels(layout: Layout) -> bool:
    pairs = itertools.islice((label for _, label in _pairs(layout) if label is not None), SAMPLE)
    return any(is_label_file(label) for label in pairs)


def _records(layout: Layout) -> Iterator[Record]:
    for name, label in _pairs(layout):
        path = os.path.join(layout.root, name)  # noqa: PTH118
        shapes = read_shapes(label, layout.names) if label is not None else []
        size = _size(Path(path)) if shapes else None
        regions = tuple(shape.region(*size) for shape in shapes) if size else ()
        yield Record(key_of(name), path, None, regions)


def _size(path: Path) -> tuple[int, int] | None:
    try:
        return picture_size(path)
    except InputError:  # who reads the picture says so
        return None


def _pairs(layout: Layout) -> Iterator[tuple[str, Path | None]]:
    """Every picture below the root by name, with its labels if it has any; then labels whose picture is not there."""
    root, part = layout.root, layout.part
    for picture in walk(root / part, is_picture):
        name = part + picture
        texts = (root / text for text in dict.fromkeys([_labels_of(name), os.path.splitext(name)[0] + ".txt"]))  # noqa: PTH122
        yield name, next((text for text in texts if text.is_file()), None)
    neighbours = Neighbours()
    begin = _swap(part, IMAGES, LABELS) if part else ""
    for text in walk(root / begin, _is_label_name):
        name = begin + text
        if LABELS not in name.split("/")[:-1]:
            continue
        stem = _swap(name, LABELS, IMAGES).removesuffix(".txt")
        folder, _, last = stem.rpartition("/")
        if not neighbours.named(root / folder, last) and not neighbours.named((root / name).parent, last):
            yield f"{stem}.jpg", root / name


def _labels_of(name: str) -> str:
    return _swap(os.path.splitext(name)[0], IMAGES, LABELS) + ".txt"  # noqa: PTH122


def _swap(name: str, one: str, other: str) -> str:
    """`name` with the last of its folders called `one` called `other`."""
    parts = name.split("/")
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] == one:
            return "/".join([*parts[:at], other, *parts[at + 1 :]])
    return name


def _is_label_name(name: str) -> bool:
    return name.endswith(".txt") and name not in TEXTS
