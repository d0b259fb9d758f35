"""Pascal VOC: an XML file for each picture."""

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
from onnxcam.datasets.texts import read_bytes
from onnxcam.datasets.voc_annotations import Annotation, read_annotation
from onnxcam.errors import InputError

__all__ = ["voc"]

ANNOTATIONS = ("Annotations", "annotations", "xmls")
PICTURES = ("JPEGImages", "images", "Images")

SAMPLE = 5
"""XML files that are looked at, to tell the format."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie below `root`; both names are "" where XML files lie beside their pictures."""

    root: Path
    annotations: str
    pictures: str


@dataset_format(
    "voc", told_by="XML files of <annotation> beside the pictures, or in Annotations/ with JPEGImages/ or images/"
)
def voc(path: Path) -> DataSet | None:
    """Pascal VOC's XML: boxes of objects by name, difficult and truncated ones too.

    A picture is the one called as its XML file is, else the one that the file names. Indices of pixels from 1 on, of
    which the last still belongs to the object, become edges: 1 is taken off `xmin` and `ymin`, nothing off `xmax` and
    `ymax`. Pictures without an XML file are records without regions, after the others.

    Raises:
        InputError: An XML file is malformed, leads out of the folder, or is of the same picture as another.
    """
    layout = _layout(path) if path.is_dir() else None
    if layout is None:
        return None
    annotated, count, missing = 0, 0, 0
    for record, annotation in _pairs(layout):  # once, so that what is malformed comes to light before an audit has run
        count += 1
        annotated += annotation is not None
        missing += annotation is not None and not os.path.isfile(record.path)  # noqa: PTH113
    notes = []
    if annotated < count:
        notes.append(f"{count - annotated} of {count} pictures have no XML file, and no regions")
    if missing:
        notes.append(f"{missing} of {annotated} XML files are of pictures that are not there")
    return DataSet(path, "voc", path, functools.partial(_records, layout), count, None, tuple(notes))


def _layout(root: Path) -> Layout | None:
    for place in (*ANNOTATIONS, ""):
        if not (root / place).is_dir():
            continue
        first = itertools.islice(walk(root / place, _is_xml), SAMPLE)
        if any(b"<annotation" in read_bytes(root / place / name) for name in first):
            inside = (name for name in PICTURES if place and (root / name).is_dir())
            return Layout(root, place, next(inside, ""))
    return None


def _records(layout: Layout) -> Iterator[Record]:
    for record, _ in _pairs(layout):
        yield record


def _pairs(layout: Layout) -> Iterator[tuple[Record, Annotation | None]]:
    seen: dict[str, str] = {}
    neighbours = Neighbours()
    for xml in walk(layout.root / layout.annotations, _is_xml):
        file = layout.root / layout.annotations / xml
        annotation = read_annotation(file)
        name = _picture(layout, xml.removesuffix(Path(xml).suffix), annotation.filename, neighbours)
        if name in seen:
            raise InputError(
                f"'{file}' and '{seen[name]}' beside it are both of the picture '{name}'. Call each as its picture.",
                path=file,
            )
        seen[name] = xml
        yield Record(key_of(name), os.path.join(layout.root, name), None, annotation.regions), annotation  # noqa: PTH118
    for picture in walk(layout.root / layout.pictures, is_picture):
        name = _join(layout.pictures, picture)
        if name not in seen:
            yield Record(key_of(name), os.path.join(layout.root, name)), None  # noqa: PTH118


def _picture(layout: Layout, xml: str, named: str | None, neighbours: Neighbours) -> str:
    below, _, stem = xml.rpartition("/")
    folders = dict.fromkeys([_join(layout.pictures, below), layout.pictures])
    for folder in folders:
        if beside := neighbours.named(layout.root / folder, stem):
            return _join(folder, named if named in beside else beside[0])
    named = named or f"{stem}.jpg"
    for folder in folders:
        if (layout.root / folder / named).is_file():
            return _join(folder, named)
    return _join(next(iter(folders)), named)


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder and name else folder or name


def _is_xml(name: str) -> bool:
    return has_suffix(name, (".xml",))
