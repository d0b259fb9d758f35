"""Rows as one file, written and read a few at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from onnxcam.auditing.rows import Kind, Row
from onnxcam.errors import InputError

__all__ = ["read_rows", "require_pyarrow", "write_parquet"]

GROUP = 4096
"""Rows that are held at once."""


def require_pyarrow() -> Any:
    """The package that writes Parquet.

    Raises:
        InputError: It is not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise InputError(
            'rows are written as Parquet by pyarrow, which is not installed: pip install "onnxcam[audit]". Or write '
            "them as lines of JSON, with --rows jsonl.",
            package="pyarrow",
        ) from error
    return pyarrow


def write_parquet(rows: Iterable[Row], columns: Mapping[str, Kind], path: Path) -> None:
    """Write rows, whole or not at all; a few thousand are held at once.

    Raises:
        InputError: pyarrow is not installed.
    """
    pa = require_pyarrow()
    plain = {"text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "truth": pa.bool_()}
    types = {**plain, **{f"{kind}s": pa.list_(of) for kind, of in plain.items()}, "levels": pa.list_(pa.uint8())}
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    beside = path.with_name(f".{path.name}")
    iterator = iter(rows)
    with pa.parquet.ParquetWriter(beside, schema, compression="zstd") as writer:
        while group := list(itertools.islice(iterator, GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
    beside.replace(path)


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a finished file, Parquet or lines of JSON, one by one.

    Raises:
        InputError: pyarrow is not installed.
    """
    if path.suffix == ".jsonl":
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
        return
    for group in require_pyarrow().parquet.ParquetFile(path).iter_batches():
        yield from group.to_pylist()
