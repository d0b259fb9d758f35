"""One XML file of Pascal VOC."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

from onnxcam.datasets.places import name_below
from onnxcam.datasets.records import Region
from onnxcam.datasets.texts import number, read_bytes
from onnxcam.errors import InputError

__all__ = ["Annotation", "read_annotation"]

EDGES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True, slots=True)
class Annotation:
    """What an XML file says: the picture's name below the folder of pictures, None where it has none; its objects."""

    filename: str | None
    regions: tuple[Region, ...]


def read_annotation(file: Path) -> Annotation:
    """The annotation in an XML file; entities of its own are not expanded but refused.

    Raises:
        InputError: It is no XML or malformed; the message names the line or the element.
    """
    root = _parse(file)
    if root.tag != "annotation":
        raise InputError(f"'{file}': the outermost element is <{root.tag}>, expected <annotation>.", path=file)
    filename = (root.findtext("filename") or "").strip()
    size = _size(root, file)
    regions = tuple(_region(element, n, size, file) for n, element in enumerate(root.findall("object"), 1))
    return Annotation(name_below(filename, f"'{file}', filename") if filename else None, regions)


def _parse(file: Path) -> ET.Element:
    content = read_bytes(file)
    if b"<!DOCTYPE" in content.replace(b"\0", b""):  # in any of XML's encodings
        raise InputError(
            f"'{file}' declares a document type, which may hold entities that grow without end. Remove it.", path=file
        )
    try:
        return ET.fromstring(content)
    except ET.ParseError as error:
        line, told = error.position[0], str(error).partition(":")[0]
        raise InputError(f"'{file}', line {line}: no XML: {told}. Correct the file.", path=file, line=line) from error
    except (ValueError, LookupError) as error:  # an encoding that nobody knows
        raise InputError(f"'{file}', line 1: XML that cannot be read: {error}.", path=file, line=1) from error


def _size(root: ET.Element, file: Path) -> tuple[int, int] | None:
    found = [number(root.findtext(f"size/{name}", "0").strip() or "0") for name in ("height", "width")]
    if None in found:
        raise InputError(
            f"'{file}', size: height and width are no numbers. Correct the file.", path=file, element="size"
        )
    height, width = (int(one or 0) for one in found)
    return (height, width) if height > 0 and width > 0 else None


def _region(element: ET.Element, n: int, size: tuple[int, int] | None, file: Path) -> Region:
    name = (element.findtext("name") or "").strip()
    where = f"'{file}', object {n}" + (f" ('{name}')" if name else "")
    if not name:
        raise InputError(f"{where}: there is no name. Correct the file.", path=file, element=f"object {n}")
    found = [number((element.findtext(f"bndbox/{edge}") or "").strip()) for edge in EDGES]
    if None in found:
        wrong = next(edge for edge, value in zip(EDGES, found, strict=True) if value is None)
        text = element.findtext(f"bndbox/{wrong}")
        raise InputError(
            f"{where}: bndbox/{wrong} is " + ("not there." if text is None else f"no number but {text!r}."),
            path=file,
            element=f"object {n}",
        )
    left, top, right, bottom = (value for value in found if value is not None)
    if left > right or top > bottom:
        raise InputError(
            f"{where}: the box from {left:g}, {top:g} to {right:g}, {bottom:g} ends before it begins.",
            path=file,
            element=f"object {n}",
        )
    return Region(name, (max(left - 1, 0.0), max(top - 1, 0.0), right, bottom), size=size)
