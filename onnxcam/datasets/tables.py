"""Rows of a table in CSV, JSON Lines or a JSON list, each with the place that it is in."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from onnxcam.datasets.texts import parse_json, read_text
from onnxcam.errors import InputError

__all__ = ["BOX_COLUMNS", "PATH_COLUMNS", "SUFFIXES", "Row", "is_table", "read_rows"]

SUFFIXES = (".csv", ".jsonl", ".json")

PATH_COLUMNS = ("path", "file", "file_name")
"""What the column of the pictures' paths may be called; the first that is there counts."""

BOX_COLUMNS = ("left", "top", "right", "bottom")

HEAD = 1 << 16


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        values: By column; in CSV all are text.
        line: Its line in the file, from 1 on; in a JSON list its number, from 1 on.
        where: The file and the line, for messages.
    """

    values: dict[str, Any]
    line: int
    where: str


def is_table(file: Path) -> bool | None:
    """Whether a file's beginning looks like a table with a column of paths; None if it is some other table."""
    with file.open(encoding="utf-8-sig", errors="replace") as opened:
        head = opened.read(HEAD)
    if file.suffix.lower() == ".csv":
        names = {name.strip().strip('"') for name in head.partition("\n")[0].split(",")}
        return True if names & set(PATH_COLUMNS) else None
    if file.suffix.lower() == ".json" and not head.lstrip().startswith("["):
        return False
    return True if any(f'"{name}"' in head for name in PATH_COLUMNS) else None


def read_rows(file: Path) -> list[Row]:
    """All rows.

    Raises:
        InputError: The file cannot be read, has no column of paths, or a row does not fit; the message names the line.
    """
    kind = file.suffix.lower()
    rows = _csv_rows(file) if kind == ".csv" else _json_lines(file) if kind == ".jsonl" else _json_list(file)
    for row in rows:
        if not set(PATH_COLUMNS) & set(row.values):
            raise InputError(
                f"{row.where}: there is no column path (or file, file_name), only {', '.join(map(repr, row.values))}. "
                "Name the column of the pictures so.",
                path=file,
                line=row.line,
            )
    return rows


def _csv_rows(file: Path) -> list[Row]:
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    rows: list[Row] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        twice = {name for name in header if header.count(name) > 1}
        if twice or not set(header) & set(PATH_COLUMNS):
            raise InputError(
                f"'{file}', line 1: the columns are {', '.join(map(repr, header))}; there must be one called path, and "
                "none twice. Separate them by commas.",
                path=file,
                line=1,
            )
        for fields in reader:
            where = f"'{file}', line {reader.line_num}"
            if not fields:
                continue
            if len(fields) != len(header):
                raise InputError(
                    f"{where}: {len(fields)} fields, and {len(header)} columns. Quote fields that hold commas.",
                    path=file,
                    line=reader.line_num,
                )
            rows.append(Row(dict(zip(header, map(str.strip, fields), strict=True)), reader.line_num, where))
    except csv.Error as error:
        raise InputError(f"'{file}', line {reader.line_num}: {error}.", path=file, line=reader.line_num) from error
    return rows


def _json_lines(file: Path) -> list[Row]:
    lines = enumerate(read_text(file).split("\n"), 1)
    return [_row(parse_json(line, file, n), n, f"'{file}', line {n}") for n, line in lines if line.strip()]


def _json_list(file: Path) -> list[Row]:
    elements = parse_json(read_text(file), file)
    if not isinstance(elements, list):
        raise InputError(f"'{file}' is no list of objects in JSON.", path=file)
    return [_row(element, n, f"'{file}', element {n}") for n, element in enumerate(elements, 1)]


def _row(value: object, line: int, where: str) -> Row:
    if not isinstance(value, dict):
        raise InputError(f"{where}: {type(value).__name__}, expected an object with a path.", line=line)
    return Row(value, line, where)
