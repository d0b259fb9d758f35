"""COCO: one JSON file of images, annotations and categories."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnxcam.datasets.coco_regions import region_of, size_of
from onnxcam.datasets.listed import unique
from onnxcam.datasets.places import key_of, name_below
from onnxcam.datasets.records import DataSet, Record, Region
from onnxcam.datasets.registry import dataset_format
from onnxcam.datasets.texts import is_index, is_text, parse_json, read_bytes, read_text
from onnxcam.errors import InputError

__all__ = ["coco"]

FOLDERS = ("annotations", "Annotations")
"""Where annotation files lie if not beside the pictures; the pictures are then below the folder that this one is in."""

SAMPLE = 20
"""Names of pictures that are looked for, to find the folder that they are in."""

MOST_FILES = 20
"""A folder with more .json files has one for each picture, and is not of this format."""

HEAD = 1 << 10


@dataset_format(
    "coco", told_by="a .json file with the lists images and annotations, itself or in a folder (annotations/)"
)
def coco(path: Path) -> DataSet | None:
    """COCO's JSON: boxes, outlines and run lengths of objects, by the names of their categories.

    The pictures lie in the file's folder or a folder in it; beside the folder too, if it is called annotations. A box
    x, y, width, height becomes its edges, with nothing added. Crowds are regions like others. Annotations without box
    and outline (captions) are left out, as are those of pictures that are not listed.

    Raises:
        InputError: The folder holds several such files; an annotation is malformed; a file name leads out of the
            folder.
    """
    file = _find(path)
    if file is None:
        return None
    content = parse_json(read_text(file), file)
    lists = [_objects(content, name, file) for name in ("images", "annotations", "categories")]
    names = _categories(lists[2], file)
    of_image, notes = _by_image(lists[1], _ids(lists[0], file), names, file)
    root = file.parent.parent if file.parent.name in FOLDERS else file.parent
    named = [(name_below(image.get("file_name"), f"'{file}', images[{n}]"), image) for n, image in enumerate(lists[0])]
    folder = _folder(file.parent, root, [name for name, _ in named[:SAMPLE]])
    unique((name, f"'{file}', images[{n}]") for n, (name, _) in enumerate(named))
    records = functools.partial(_records, root, folder, named, of_image, names, file)
    for _ in records():  # once, so that what is malformed comes to light before an audit has run for hours
        pass
    return DataSet(path, "coco", root, records, len(named), tuple(names.values()) or None, notes)


def _records(
    root: Path,
    folder: Path,
    named: list[tuple[str, dict[str, Any]]],
    of_image: dict[int | str, list[tuple[int, dict[str, Any]]]],
    names: dict[int, str],
    file: Path,
) -> Iterator[Record]:
    prefix = folder.relative_to(root).as_posix()
    for n, (name, image) in enumerate(named):
        size = size_of(image, f"'{file}', images[{n}]")
        regions: list[Region] = []
        for index, annotation in of_image.get(image["id"], ()):
            region = region_of(annotation, names, size, f"'{file}', annotations[{index}]")
            if region is not None:
                regions.append(region)
        key = key_of(name if prefix == "." else f"{prefix}/{name}")
        yield Record(key, os.path.join(folder, name), None, tuple(regions))  # noqa: PTH118


def _find(path: Path) -> Path | None:
    if not path.is_dir():
        return path if path.suffix.lower() == ".json" and _looks_right(path) else None
    files = [file for folder in (path, *(path / name for name in FOLDERS)) for file in sorted(folder.glob("*.json"))]
    found = {file.resolve(): file for file in files if _looks_right(file)} if len(files) <= MOST_FILES else {}
    if len(found) > 1:
        shown = ", ".join(f"'{file.relative_to(path)}'" for file in found.values())
        raise InputError(f"'{path}' holds the annotation files {shown}. Name one of them.", path=path)
    return next(iter(found.values()), None)


def _looks_right(file: Path) -> bool:
    content = read_bytes(file)
    return (
        content[:HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")
        and b'"images"' in content
        and b'"annotations"' in content
    )


def _objects(content: Any, name: str, file: Path) -> list[dict[str, Any]]:
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InputError(f"'{file}', {name}: no list of objects. Correct the file.", path=file, element=name)
    return found


def _categories(listed: list[dict[str, Any]], file: Path) -> dict[int, str]:
    names: dict[int, str] = {}
    for n, category in enumerate(listed):
        number, name = category.get("id"), category.get("name")
        if not is_index(number) or not is_text(name) or number in names:
            raise InputError(
                f"'{file}', categories[{n}]: id {number!r}, name {name!r}; each has a number of its own, and a name.",
                path=file,
                element=f"categories[{n}]",
            )
        names[number] = name
    return names


def _ids(images: list[dict[str, Any]], file: Path) -> set[int | str]:
    found: set[int | str] = set()
    for n, image in enumerate(images):
        id = image.get("id")
        if not isinstance(id, int | str) or id in found:
            raise InputError(
                f"'{file}', images[{n}]: the id {id!r} is missing or stands twice; each image has its own.",
                path=file,
                element=f"images[{n}]",
            )
        found.add(id)
    return found


def _by_image(
    annotations: list[dict[str, Any]], images: set[int | str], names: dict[int, str], file: Path
) -> tuple[dict[int | str, list[tuple[int, dict[str, Any]]]], tuple[str, ...]]:
    found: dict[int | str, list[tuple[int, dict[str, Any]]]] = {}
    strays = crowds = 0
    for n, annotation in enumerate(annotations):
        image = annotation.get("image_id")
        if not isinstance(image, int | str) or image not in images:
            strays += 1
            continue
        crowds += bool(annotation.get("iscrowd"))
        found.setdefault(image, []).append((n, annotation))
    notes = []
    if strays:
        notes.append(
            f"{strays} of {len(annotations)} annotations in '{file.name}' are of pictures that it does not list"
        )
    if crowds:
        notes.append(f"{crowds} of the regions in '{file.name}' are crowds: many objects in one")
    if annotations and not names:
        notes.append(f"'{file.name}' names no categories: labels are numbers")
    return found, tuple(notes)


def _folder(beside: Path, root: Path, names: list[str]) -> Path:
    """The folder with most of the pictures `names`; the file's own where there are none."""
    folders = dict.fromkeys([beside, *_folders(beside), root, *_folders(root)])
    return max(folders, key=lambda folder: sum((folder / name).is_file() for name in names))


def _folders(folder: Path) -> list[Path]:
    return sorted((entry for entry in folder.iterdir() if entry.is_dir()), key=lambda entry: entry.name)
