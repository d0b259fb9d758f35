"""Rows as one file, written and read a few at a time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from onnxcam.auditing.rows import Row
from onnxcam.errors import InputError

__all__ = ["read_rows", "require_pyarrow", "write_parquet"]

GROUP = 4096
"""Rows that are held at once."""

TEXTS = ("key", "path", "label", "predicted", "target", "class_name", "error")
WHOLE = ("label_index", "predicted_index", "class_index", "regions")
TRUTHS = ("is_correct", "is_empty")


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


def write_parquet(rows: Iterable[Row], columns: Sequence[str], path: Path) -> None:
    """Write rows, whole or not at all; a few thousand are held at once.

    Raises:
        InputError: pyarrow is not installed.
    """
    pa = require_pyarrow()
    schema = pa.schema([(name, _type(pa, name)) for name in columns])
    beside = path.with_name(f".{path.name}")
    iterator = iter(rows)
    with pa.parquet.ParquetWriter(beside, schema, compression="zstd") as writer:
        while group := list(itertools.islice(iterator, GROUP)):
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
    beside.replace(path)


def _type(pa: Any, name: str) -> Any:
    if name in TEXTS:
        return pa.string()
    if name in WHOLE:
        return pa.int64()
    if name in TRUTHS:
        return pa.bool_()
    return {
        "top5": pa.list_(pa.int64()),
        "top5_probability": pa.list_(pa.float64()),
        "notes": pa.list_(pa.string()),
    }.get(name, pa.float64())


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
