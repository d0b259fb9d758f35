"""A table that somebody wrote for the audit: CSV, JSON Lines, or a JSON list."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from pathlib import Path

from onnxcam.datasets.listed import Root
from onnxcam.datasets.records import DataSet, Label, Record, Region
from onnxcam.datasets.registry import dataset_format
from onnxcam.datasets.tables import BOX_COLUMNS, PATH_COLUMNS, SUFFIXES, Row, is_table, read_rows
from onnxcam.datasets.texts import is_index, is_text, number, numbers_or_names
from onnxcam.errors import InputError

__all__ = ["manifest"]

MEANT = "manifest"
STEMS = ("index", MEANT, "metadata")

COLUMNS = frozenset({*PATH_COLUMNS, *BOX_COLUMNS, "label", "box", "mask"})


@dataset_format(
    "manifest",
    told_by="a .csv, .jsonl or .json list with a column path; in a folder, one called index, manifest or metadata",
)
def manifest(path: Path) -> DataSet | None:
    """A table of pictures: path, label, and the object's box or mask.

    Columns: `path` (or `file`, `file_name`), `label`, `box` (`left,top,right,bottom`) or the four columns `left`,
    `top`, `right` and `bottom`, `mask`. Edges are continuous pixels from 0. Paths, of pictures and masks, are relative
    to the table's folder, or absolute. Several rows of one path are several regions of one record, wherever they stand;
    a row without box and mask says what the whole picture is, and where there is none, the label that all its regions
    share does. Labels in CSV are numbers if all of them are; in JSON they are what they are.

    Raises:
        InputError: A row is malformed, or two say different things of a whole picture; the message names the line.
    """
    file = _find(path)
    if file is None:
        return None
    rows = read_rows(file)
    records = list(_records(file, rows))
    unused = sorted({name for row in rows for name in row.values} - COLUMNS)
    shown = ", ".join(f"'{name}'" for name in unused)
    notes = (f"'{file.name}' has columns that are not used: {shown}",) if unused else ()
    return DataSet(path, "manifest", file.parent, functools.partial(iter, records), len(records), None, notes)


def _find(path: Path) -> Path | None:
    if not path.is_dir():
        return path if path.suffix.lower() in SUFFIXES and is_table(path) is not False else None
    files = [path / f"{stem}{suffix}" for stem in STEMS for suffix in SUFFIXES]
    tables = {file: is_table(file) for file in files if file.is_file()}
    # who calls a table manifest means this format: without a column of paths it is an error, and not passed over
    found = [file for file, has_paths in tables.items() if has_paths or (has_paths is None and file.stem == MEANT)]
    if len(found) > 1:
        shown = " and ".join(f"'{file.name}'" for file in found)
        raise InputError(f"'{path}' holds the tables {shown}. Name one of the files.", path=path)
    return found[0] if found else None


@dataclasses.dataclass(slots=True)
class _Entry:
    path: str
    regions: list[Region] = dataclasses.field(default_factory=list)
    label: Label | None = None


def _records(file: Path, rows: list[Row]) -> Iterator[Record]:
    root = Root(file.parent)
    read = numbers_or_names([row.values["label"] for row in rows if row.values.get("label")]) if _is_csv(file) else None
    entries: dict[str, _Entry] = {}
    for row in rows:
        name = next((row.values[column] for column in PATH_COLUMNS if column in row.values), None)
        key, path = root.locate(name, row.where)
        entry = entries.setdefault(key, _Entry(path))
        label = _label(row)
        if read is not None and isinstance(label, str):
            label = read(label)
        region = _region(row, root, label)
        if region is not None:
            entry.regions.append(region)
        elif label is not None:
            if entry.label not in (None, label):
                raise InputError(
                    f"{row.where}: '{name}' is {label!r} here and {entry.label!r} before. Keep one of the two, or say "
                    "with boxes where each is.",
                    line=row.line,
                )
            entry.label = label
    for key, entry in entries.items():
        of_regions = {region.label for region in entry.regions}
        shared = of_regions.pop() if len(of_regions) == 1 else None
        yield Record(key, entry.path, shared if entry.label is None else entry.label, tuple(entry.regions))


def _is_csv(file: Path) -> bool:
    return file.suffix.lower() == ".csv"


def _label(row: Row) -> Label | None:
    label = row.values.get("label")
    if label is None or label == "":
        return None
    if is_text(label) or is_index(label):
        return label
    raise InputError(f"{row.where}: the label {label!r} is no name and no index of a class.", line=row.line)


def _region(row: Row, root: Root, label: Label | None) -> Region | None:
    box = _box(row)
    mask = row.values.get("mask")
    located = root.locate(mask, f"{row.where}, mask")[1] if mask not in (None, "") else None
    return None if box is None and located is None else Region(label, box, mask=located)


def _box(row: Row) -> tuple[float, float, float, float] | None:
    whole, edges = row.values.get("box"), [row.values.get(column) for column in BOX_COLUMNS]
    given = [edge for edge in edges if edge not in (None, "")]
    if whole in (None, "", []) and not given:
        return None
    if whole not in (None, "", []) and given:
        raise InputError(f"{row.where}: there is a box and the columns {', '.join(BOX_COLUMNS)} too.", line=row.line)
    values = given if given else whole.replace(",", " ").split() if isinstance(whole, str) else whole
    numbers = [number(value) for value in values] if isinstance(values, list) else []
    if len(numbers) != 4 or None in numbers:
        raise InputError(
            f"{row.where}: the box {whole if not given else edges!r} is not four numbers, left, top, right, bottom.",
            line=row.line,
        )
    left, top, right, bottom = (edge for edge in numbers if edge is not None)
    if left >= right or top >= bottom:
        raise InputError(
            f"{row.where}: the box {left:g}, {top:g}, {right:g}, {bottom:g} is empty; it is left, top, right, bottom.",
            line=row.line,
        )
    return left, top, right, bottom
