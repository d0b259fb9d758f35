"""A whole data set through one model: streamed, resumable, a row for each picture."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path
from typing import TypeVar

from onnxcam.auditing.opening import open_journal
from onnxcam.auditing.rows import RowMaker
from onnxcam.auditing.settings import Settings
from onnxcam.auditing.streaming import Report, RowsFormat, check_rows, fill, finish
from onnxcam.auditing.summary import Summary, summarize
from onnxcam.datasets import DataSet, open_dataset

__all__ = ["Audit", "audit"]


@dataclasses.dataclass(frozen=True, slots=True)
class Audit:
    """A finished audit.

    Attributes:
        folder: Where it lies.
        rows_path: The file of rows.
        summary: What they say together.
        resumed: Rows that an earlier run had made.
        notes: What the reader must know.
    """

    folder: Path
    rows_path: Path
    summary: Summary
    resumed: int
    notes: tuple[str, ...]


def audit(
    model: str | Path,
    dataset: str | Path | DataSet,
    folder: str | Path,
    *,
    target: str = "predicted",
    method: str = "grad-cam",
    layer: str | tuple[str, ...] | None = None,
    output: str | None = None,
    provider: str = "auto",
    preprocess: str | Path | None = None,
    labels: str | Path | tuple[str, ...] | None = None,
    head: str | Path | None = None,
    dataset_format: str = "auto",
    metrics: tuple[str, ...] | None = None,
    batch_size: int = 8,
    rows: RowsFormat = "parquet",
    keeps_maps: bool = False,
    is_fresh: bool = False,
    report: Report | None = None,
) -> Audit:
    """Explain every picture of a data set, and write a row of figures for each.

    Stopped or killed at any moment, it goes on where it stood when it is called again with the same arguments. A
    picture that cannot be read or explained is a row that says why. Memory does not grow with the data set, but for a
    summary's numbers, of which it holds eight bytes for each row and figure.

    Args:
        model: Path of an `.onnx` file.
        dataset: A folder, a file of annotations, or a data set that is open.
        folder: Where the audit is written, and gone on with.
        target: What is explained: `predicted`, `label` (each record's own), or a spelling with one map.
        method: A method's name.
        layer: As for `Explainer`, as the next six.
        output: The score tensor's name.
        provider: `auto`, `cpu` or `cuda`.
        preprocess: A preset's name or a JSON file.
        labels: A file of class names, or the names.
        head: A detector's head.
        dataset_format: The data set's format; `auto` to tell by what lies there.
        metrics: What is measured, by name; None for all that take no further run of the model.
        batch_size: Pictures that go through the model at once.
        rows: `parquet` (which takes pyarrow) or `jsonl`.
        keeps_maps: Whether each map is kept, in half precision.
        is_fresh: Whether to drop what an earlier run left in the folder.
        report: Called after each batch with the rows that are done, and their number in all, None where that is not
            known.

    Raises:
        InputError: A data set, folder, target or metric that does not fit, or another run in the folder.
        OnnxcamError: The model cannot be explained.
    """
    settings = Settings(
        str(model), target, method, layer, output, provider, _text(preprocess), _text(labels), _text(head), metrics
    )
    opened = dataset if isinstance(dataset, DataSet) else open_dataset(dataset, dataset_format)
    check_rows(rows)
    maker = RowMaker(settings)
    figures = tuple(metric.name for metric in maker.metrics)
    made_of = {**settings.described(), "figures": list(figures), "rows": rows, "maps": keeps_maps}
    with open_journal(Path(folder), "audit", made_of, is_fresh=is_fresh) as journal:
        resumed = journal.done
        fill(journal, opened, maker, batch_size, keeps_maps=keeps_maps, report=report)
        path, summary = finish(journal, maker, rows, functools.partial(summarize, figures=figures))
    return Audit(Path(folder), path, summary, resumed, (*opened.notes, *maker.explainer.preparation.notes))


T = TypeVar("T")


def _text(value: T | Path) -> T | str:
    return str(value) if isinstance(value, Path) else value
