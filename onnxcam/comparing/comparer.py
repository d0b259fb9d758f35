"""Two models over a whole data set: streamed, resumable, a row for each picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from onnxcam.auditing import Settings
from onnxcam.auditing.opening import open_journal
from onnxcam.auditing.streaming import Report, RowsFormat, check_rows, fill, finish
from onnxcam.comparing.pairs import PairMaker
from onnxcam.comparing.summary import PairSummary, summarize
from onnxcam.datasets import DataSet, open_dataset

__all__ = ["Comparison", "compare"]


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """A finished comparison.

    Attributes:
        folder: Where it lies.
        rows_path: The file of rows.
        summary: What they say together.
        matching: How the models' layers were matched, in words.
        resumed: Rows that an earlier run had made.
        notes: What the reader must know.
    """

    folder: Path
    rows_path: Path
    summary: PairSummary
    matching: str
    resumed: int
    notes: tuple[str, ...]


def compare(
    first: str | Path,
    second: str | Path,
    dataset: str | Path | DataSet,
    folder: str | Path,
    *,
    target: str = "predicted",
    method: str = "grad-cam",
    layer: str | tuple[str, ...] | None = None,
    second_layer: str | tuple[str, ...] | None = None,
    output: str | None = None,
    second_output: str | None = None,
    provider: str = "auto",
    preprocess: str | Path | None = None,
    second_preprocess: str | Path | None = None,
    labels: str | Path | tuple[str, ...] | None = None,
    dataset_format: str = "auto",
    batch_size: int = 8,
    rows: RowsFormat = "parquet",
    is_fresh: bool = False,
    report: Report | None = None,
) -> Comparison:
    """Explain every picture of a data set with two models, and write how alike they are.

    Both explain the same class of each picture. Stopped or killed at any moment, it goes on where it stood when it is
    called again with the same arguments.

    Args:
        first: Path of an `.onnx` file: what the other is held against.
        second: Path of the other: another export, opset, precision or release.
        dataset: A folder, a file of annotations, or a data set that is open.
        folder: Where the comparison is written, and gone on with.
        target: What is explained: `predicted` by the first model, `label` (each record's own), or a spelling with one
            map.
        method: A method's name.
        layer: The first model's layer, as for `Explainer`.
        second_layer: The other's; None for the one that stands for the first one's, by role or by name.
        output: The first model's score tensor.
        second_output: The other's.
        provider: `auto`, `cpu` or `cuda`.
        preprocess: A preset's name or a JSON file, for both.
        second_preprocess: Another for the second model.
        labels: A file of class names, or the names.
        dataset_format: The data set's format; `auto` to tell by what lies there.
        batch_size: Pictures that go through a model at once.
        rows: `parquet` (which takes pyarrow) or `jsonl`.
        is_fresh: Whether to drop what an earlier run left in the folder.
        report: Called after each batch with the rows that are done, and their number in all.

    Raises:
        InputError: A data set, folder or target that does not fit, or another run in the folder.
        OnnxcamError: A model cannot be explained.
    """
    texts = [None if value is None else str(value) for value in (preprocess, second_preprocess)]
    names = labels if labels is None or isinstance(labels, tuple) else str(labels)
    one = Settings(str(first), target, method, layer, output, provider, texts[0], names)
    other = Settings(
        str(second), "predicted", method, second_layer, second_output, provider, texts[1] or texts[0], names
    )
    opened = dataset if isinstance(dataset, DataSet) else open_dataset(dataset, dataset_format)
    check_rows(rows)
    maker = PairMaker(one, other)
    made_of = {"first": one.described(), "second": other.described(), "matching": maker.matching, "rows": rows}
    with open_journal(Path(folder), "comparison", made_of, is_fresh=is_fresh) as journal:
        resumed = journal.done
        fill(journal, opened, maker, batch_size, report=report)
        path, summary = finish(journal, maker, rows, summarize)
    notes = dict.fromkeys((*opened.notes, *maker.first.preparation.notes, *maker.second.preparation.notes))
    return Comparison(Path(folder), path, summary, maker.matching, resumed, tuple(notes))
