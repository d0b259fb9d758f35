"""A comparison but for its page: rows, and what they say together."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onnxcam.auditing import Settings
from onnxcam.auditing.opening import open_journal
from onnxcam.auditing.streaming import Report, RowsFormat, check_rows, fill, finish
from onnxcam.comparing.pairs import PairMaker
from onnxcam.comparing.summary import PairSummary, summarize
from onnxcam.crew import crew
from onnxcam.datasets import DataSet

__all__ = ["Finished", "carry_out"]


@dataclasses.dataclass(frozen=True, slots=True)
class Finished:
    """A comparison whose rows are complete, and what can run the models again.

    Attributes:
        folder: Where it lies.
        maker: What made the rows.
        dataset: The records.
        rows_path: The file of rows.
        summary: What they say together.
        resumed: Rows that an earlier run had made.
        notes: What the reader must know.
        made_of: What the rows depend on, ready for JSON.
    """

    folder: Path
    maker: PairMaker
    dataset: DataSet
    rows_path: Path
    summary: PairSummary
    resumed: int
    notes: tuple[str, ...]
    made_of: Mapping[str, Any]


@contextlib.contextmanager
def carry_out(
    first: Settings,
    second: Settings,
    dataset: DataSet,
    folder: str | Path,
    *,
    batch_size: int = 8,
    rows: RowsFormat = "parquet",
    is_fresh: bool = False,
    report: Report | None = None,
) -> Iterator[Finished]:
    """Make the rows that are not there yet, and find what they say together; within it the folder is locked.

    Arguments as for `compare`.

    Raises:
        InputError: A data set, folder or target that does not fit.
        OnnxcamError: A model cannot be explained.
    """
    check_rows(rows)
    maker = PairMaker(first, second, crew()[1])
    made_of = {"first": first.described(), "second": second.described(), "matching": maker.matching, "rows": rows}
    with open_journal(Path(folder), "comparison", made_of, is_fresh=is_fresh) as journal:
        resumed = journal.done
        fill(journal, dataset, maker, batch_size, report=report)
        path, summary = finish(journal, maker, rows, summarize)
        of_models = (n for one in (maker.first, maker.second) for n in (*one.processor_notes, *one.preparation.notes))
        notes = dict.fromkeys((*dataset.notes, *of_models))
        yield Finished(Path(folder), maker, dataset, path, summary, resumed, tuple(notes), made_of)
