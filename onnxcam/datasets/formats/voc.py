"""Pascal VOC: an XML file for each picture."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from onnxcam.datasets.places import Neighbours, has_suffix, is_picture, key_of, walk
from onnxcam.datasets.records import DataSet, Record
from onnxcam.datasets.registry import dataset_format
from onnxcam.datasets.texts import read_bytes
from onnxcam.datasets.voc_annotations import Annotation, read_annotation
from onnxcam.datasets.voc_lists import read_name_list
from onnxcam.errors import InputError

__all__ = ["voc"]

ANNOTATIONS = ("Annotations", "annotations", "xmls")
PICTURES = ("JPEGImages", "images", "Images")

SAMPLE = 5
"""XML files that are looked at, to tell the format."""


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie below `root`; both names are "" where XML files lie beside their pictures.

    `names` are those of the pictures of a list, without an ending; None for all that there are.
    """

    root: Path
    annotations: str
    pictures: str
    names: tuple[str, ...] | None = None


@dataset_format(
    "voc",
    told_by="XML files of <annotation> beside the pictures, or in Annotations/ with JPEGImages/ or images/; a list in "
    "ImageSets/",
)
def voc(path: Path) -> DataSet | None:
    """Pascal VOC's XML: boxes of objects by name, difficult and truncated ones too.

    A picture is the one called as its XML file is, else the one that the file names. Indices of pixels from 1 on, of
    which the last still belongs to the object, become edges: 1 is taken off `xmin` and `ymin`, nothing off `xmax` and
    `ymax`. Pictures without an XML file are records without regions, after the others. Of a list, such as
    `ImageSets/Main/val.txt`, its pictures are read, in its order.

    Raises:
        InputError: An XML file is malformed, leads out of the folder, or is of the same picture as another; a line of
            a list is none.
    """
    notes = []
    listed = None if path.is_dir() else read_name_list(path)
    root = path if listed is None else listed.root
    layout = _layout(root) if root.is_dir() else None
    if layout is None:
        return None
    if listed is not None:
        layout = dataclasses.replace(layout, names=listed.names)
        if listed.without:
            total = listed.without + len(listed.names)
            notes.append(
                f"{listed.without} of {total} pictures in '{path.name}' have no object of its class, and are left out"
            )
    annotated, count, missing = 0, 0, 0
    for record, annotation in _pairs(layout):  # once, so that what is malformed comes to light before an audit has run
        count += 1
        annotated += annotation is not None
        missing += annotation is not None and not os.path.isfile(record.path)  # noqa: PTH113
    if annotated < count:
        notes.append(f"{count - annotated} of {count} pictures have no XML file, and no regions")
    if missing:
        notes.append(f"{missing} of {annotated} XML files are of pictures that are not there")
    return DataSet(path, "voc", root, functools.partial(_records, layout), count, None, tuple(notes))


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
    for xml in _files(layout):
        file = layout.root / layout.annotations / xml
        annotation = read_annotation(file) if layout.names is None or file.is_file() else None
        told = None if annotation is None else annotation.filename
        name = _picture(layout, xml.removesuffix(Path(xml).suffix), told, neighbours)
        if name in seen:
            raise InputError(
                f"'{file}' and '{seen[name]}' beside it are both of the picture '{name}'. Call each as its picture.",
                path=file,
            )
        seen[name] = xml
        yield _record(layout, name, annotation), annotation
    for picture in walk(layout.root / layout.pictures, is_picture) if layout.names is None else ():
        name = _join(layout.pictures, picture)
        if name not in seen:
            yield _record(layout, name, None), None


def _files(layout: Layout) -> Iterable[str]:
    """Names of XML files; of a list also those that are not there."""
    if layout.names is not None:
        return (f"{name}.xml" for name in layout.names)
    return walk(layout.root / layout.annotations, _is_xml)


def _record(layout: Layout, name: str, annotation: Annotation | None) -> Record:
    path = os.path.join(layout.root, name)  # noqa: PTH118
    return Record(key_of(name), path, None, () if annotation is None else annotation.regions)


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
