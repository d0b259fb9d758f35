"""Two models over a whole data set: streamed, resumable, a row for each picture, and a page for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from onnxcam.auditing import Settings
from onnxcam.auditing.streaming import Report, RowsFormat
from onnxcam.comparing.carrying_out import carry_out
from onnxcam.comparing.report import report_comparison
from onnxcam.comparing.summary import PairSummary
from onnxcam.datasets import DataSet, open_dataset
from onnxcam.reporting import missing_packages

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
        report_path: The page that shows it; None where none was asked for, or what makes it is not installed.
    """

    folder: Path
    rows_path: Path
    summary: PairSummary
    matching: str
    resumed: int
    notes: tuple[str, ...]
    report_path: Path | None = None


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
    inputs: Mapping[str, object] | None = None,
    second_inputs: Mapping[str, object] | None = None,
    batch_size: int = 8,
    rows: RowsFormat = "parquet",
    is_fresh: bool = False,
    has_report: bool = True,
    report_pictures: int = 200,
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
        inputs: What the models' other inputs are fed with every picture, by name: a file, a number, or numbers, nested
            or in an array.
        second_inputs: What the second model's are fed; None for the same, by the same names.
        batch_size: Pictures that go through a model at once.
        rows: `parquet` (which takes pyarrow) or `jsonl`.
        is_fresh: Whether to drop what an earlier run left in the folder.
        has_report: Whether to write `report.html` and `report.json`, which takes the extra `audit`.
        report_pictures: Pictures that it shows, the worst first. The models run on these once more.
        report: Called after each batch with the rows that are done, and their number in all.

    Raises:
        InputError: A data set, folder, target or input that does not fit, or another run in the folder.
        OnnxcamError: A model cannot be explained.
    """
    one = Settings.of(first, target, method, layer, output, provider, preprocess, labels, inputs=inputs or {})
    other = Settings.of(
        second,
        "predicted",
        method,
        second_layer,
        second_output,
        provider,
        preprocess if second_preprocess is None else second_preprocess,
        labels,
        inputs=(inputs or {}) if second_inputs is None else second_inputs,
    )
    with carry_out(
        one,
        other,
        dataset if isinstance(dataset, DataSet) else open_dataset(dataset, dataset_format),
        folder,
        batch_size=batch_size,
        rows=rows,
        is_fresh=is_fresh,
        report=report,
    ) as finished:
        missing = missing_packages() if has_report else None
        is_shown = has_report and missing is None
        page = report_comparison(finished, report_pictures).path if is_shown else None
    return Comparison(
        finished.folder,
        finished.rows_path,
        finished.summary,
        finished.maker.matching,
        finished.resumed,
        finished.notes if missing is None else (*finished.notes, missing),
        page,
    )
