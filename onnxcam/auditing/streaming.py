"""A data set through whatever makes rows, into a journal: decoding ahead, going on where it stood."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, get_args

from onnxcam.auditing.decoding import Decoded, Gather, decoded_batches
from onnxcam.auditing.journal import Journal, plain
from onnxcam.auditing.rows import Kind, Made, Row
from onnxcam.auditing.tables import read_rows, require_pyarrow, write_parquet
from onnxcam.blas import one_blas_thread
from onnxcam.crew import crew, in_order
from onnxcam.datasets import DataSet, Record
from onnxcam.errors import InputError

__all__ = ["Maker", "Report", "RowsFormat", "check_rows", "close", "fill", "finish", "write_rows"]

RowsFormat: TypeAlias = Literal["parquet", "jsonl"]
PARQUET = "rows.parquet"
Summary = TypeVar("Summary", bound=Any)
"""A dataclass of what the rows say together."""

Report: TypeAlias = Callable[[int, int | None], None]
"""Called with the rows that are done, and their number in all, None where that is not known."""


class Maker(Protocol):
    """What makes rows of records that are decoded."""

    @property
    def gathers(self) -> tuple[Gather, ...]:
        """What decodes a file, for each model."""
        ...

    @property
    def batch(self) -> int | None:
        """The batch that a model fixes."""
        ...

    @property
    def columns(self) -> Mapping[str, Kind]:
        """The names of a row's values."""
        ...

    def made(self, batch: Sequence[Decoded]) -> Iterator[Made]:
        """A row for each record, with its map where there is one; several threads ask at once."""
        ...


def fill(
    journal: Journal,
    dataset: DataSet,
    maker: Maker,
    size: int,
    *,
    keeps_maps: bool = False,
    report: Report | None = None,
) -> None:
    """Add the rows that the journal does not have yet, `size` records at once.

    While some batches are worked on, threads decode the next.

    Raises:
        InputError: The data set has changed since the journal was begun.
    """
    left = _left(journal, dataset)
    if journal.is_complete:
        if (record := next(left, None)) is not None:
            raise _changed(journal, f"'{record.key}' has come in")
        return

    def add(found: list[Made]) -> None:
        journal.add([row for row, _ in found], [one for _, one in found] if keeps_maps else None)
        if report is not None:
            report(journal.done, dataset.count)

    stopped = threading.Event()

    def made(batch: Sequence[Decoded]) -> list[Made]:
        return list(itertools.takewhile(lambda _: not stopped.is_set(), maker.made(batch)))

    batches = decoded_batches(left, max(size, maker.batch or 1), maker.gathers)
    with one_blas_thread(is_anew=True), contextlib.closing(in_order(made, batches, crew()[0], stopped)) as results:
        for found in results:
            add(found)


def check_rows(rows: str) -> None:
    """Refuse a format of rows that cannot be written, before anything is run.

    Raises:
        InputError: There is no such format, or pyarrow is not installed.
    """
    if rows not in get_args(RowsFormat):
        raise InputError(f"no format '{rows}' of rows. Choose 'parquet' or 'jsonl'.", given=rows)
    if rows == "parquet":
        require_pyarrow()


def finish(
    journal: Journal, maker: Maker, rows: RowsFormat, summarize: Callable[[Iterable[Row]], Summary]
) -> tuple[Path, Summary]:
    """Write the rows in their format, and the header with the summary; gives where they are, and the summary."""
    path = write_rows(journal, maker, rows)
    summary = summarize(read_rows(path))
    close(journal, rows, summary=dataclasses.asdict(summary))
    return path, summary


def write_rows(
    journal: Journal,
    maker: Maker,
    rows: RowsFormat,
    amend: Callable[[Callable[[], Iterable[Row]]], Iterable[Row]] | None = None,
) -> Path:
    """Write the rows in their format, and give where they are. Killed, it is done again, with the same result.

    Args:
        journal: What has them.
        maker: What made them.
        rows: The format.
        amend: From what gives the rows, again and again, to the rows as they are written, in the same order.
    """
    path = journal.lines if rows == "jsonl" else journal.folder / PARQUET
    if not journal.is_complete:
        found = journal.rows() if amend is None else amend(journal.rows)
        if rows == "parquet":
            write_parquet(found, maker.columns, path)
        elif amend is not None:
            journal.replace(found)
    return path


def close(journal: Journal, rows: RowsFormat, **found: Any) -> None:
    """Say in the header that the rows are complete, and what was found of them; one that says the same stays."""
    if any(journal.said.get(name) != plain(value) for name, value in found.items()):
        journal.write_header(is_complete=True, rows=journal.done, **found)
    if rows == "parquet":
        journal.lines.unlink(missing_ok=True)


def _left(journal: Journal, dataset: DataSet) -> Iterator[Record]:
    """The records that have no row yet; those that have one must be the same as when it was made."""
    records, finished = iter(dataset), journal.folder / PARQUET
    rows = read_rows(finished) if journal.is_complete and finished.exists() else journal.rows()
    for row, record in itertools.zip_longest(rows, itertools.islice(records, journal.done)):
        if record is None:
            raise _changed(journal, f"'{row['key']}' is gone")
        label = None if record.label is None else str(record.label)
        if (row["key"], row["path"], row["label"]) != (record.key, record.path, label):
            raise _changed(journal, f"where '{row['path']}' was, '{record.path}' is, or its label is another")
    yield from records


def _changed(journal: Journal, what: str) -> InputError:
    return InputError(
        f"the data set is another than when '{journal.folder}' was begun, or has changed: {what}. Choose another "
        "folder, or start anew with --force.",
        path=journal.folder,
        changed=("dataset",),
    )
