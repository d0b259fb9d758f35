"""A whole data set through one model: streamed, resumable, a row for each picture, and a page for people."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from onnxcam.auditing.carrying_out import carry_out
from onnxcam.auditing.randomised import PICTURES, Randomisation
from onnxcam.auditing.report import report_audit
from onnxcam.auditing.settings import Settings
from onnxcam.auditing.streaming import Report, RowsFormat
from onnxcam.auditing.summary import Summary
from onnxcam.auditing.suspicions import Shortcuts
from onnxcam.datasets import DataSet, open_dataset
from onnxcam.randomising import Mode
from onnxcam.reporting import missing_packages

__all__ = ["Audit", "audit"]


@dataclasses.dataclass(frozen=True, slots=True)
class Audit:
    """A finished audit.

    Attributes:
        folder: Where it lies.
        rows_path: The file of rows.
        summary: What they say together.
        shortcuts: What their maps have in common, class by class: clusters, and maps that stand alone.
        randomisation: What became of the maps as weights were shuffled; None where that was not asked for, or cannot be
            done, which `notes` say.
        resumed: Rows that an earlier run had made.
        notes: What the reader must know.
        report_path: The page that shows it; None where none was asked for, or what makes it is not installed.
    """

    folder: Path
    rows_path: Path
    summary: Summary
    shortcuts: Shortcuts
    randomisation: Randomisation | None
    resumed: int
    notes: tuple[str, ...]
    report_path: Path | None = None


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
    inputs: Mapping[str, object] | None = None,
    batch_size: int = 8,
    rows: RowsFormat = "parquet",
    keeps_maps: bool = False,
    randomisation: Mode | None = None,
    randomised_pictures: int = PICTURES,
    is_fresh: bool = False,
    has_report: bool = True,
    report_pictures: int = 200,
    report: Report | None = None,
) -> Audit:
    """Explain every picture of a data set, and write a row of figures for each.

    Stopped or killed at any moment, it goes on where it stood when it is called again with the same arguments. A
    picture that cannot be read or explained is a row that says why. Memory does not grow with the data set, but for
    what is held at the end: eight bytes for each row and figure, and about a kilobyte for its key and its grid.

    When all rows are there, clusters are searched in the maps of each class (`onnxcam.auditing.searching.search`), if
    scikit-learn is installed.

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
        inputs: What the model's other inputs are fed with every picture, by name: a file, a number, or numbers, nested
            or in an array.
        batch_size: Pictures that go through the model at once.
        rows: `parquet` (which takes pyarrow) or `jsonl`.
        keeps_maps: Whether each map is kept, in half precision.
        randomisation: Whether the weights are shuffled when all rows are there, from the score to the input, to see
            that the maps change: `cascading` (what a step shuffles stays shuffled), `independent` (each step on its
            own), or None. An audit that is finished is gone on with.
        randomised_pictures: How many of the first pictures it is made on.
        is_fresh: Whether to drop what an earlier run left in the folder.
        has_report: Whether to write `report.html` and `report.json`, which takes the extra `audit`.
        report_pictures: Pictures that it shows, the worst first. The model runs on these once more.
        report: Called after each batch with the rows that are done, and their number in all, None where that is not
            known.

    Raises:
        InputError: A data set, folder, target, metric, input or randomisation that does not fit, or another run in the
            folder.
        OnnxcamError: The model cannot be explained.
    """
    settings = Settings.of(
        model, target, method, layer, output, provider, preprocess, labels, head, metrics, inputs or {}
    )
    with carry_out(
        settings,
        dataset if isinstance(dataset, DataSet) else open_dataset(dataset, dataset_format),
        folder,
        batch_size=batch_size,
        rows=rows,
        keeps_maps=keeps_maps,
        randomisation=randomisation,
        randomised_pictures=randomised_pictures,
        is_fresh=is_fresh,
        report=report,
    ) as finished:
        missing = missing_packages() if has_report else None
        is_shown = has_report and missing is None
        page = report_audit(finished, report_pictures).path if is_shown else None
    return Audit(
        finished.folder,
        finished.rows_path,
        finished.summary,
        finished.shortcuts,
        finished.randomisation,
        finished.resumed,
        finished.notes if missing is None else (*finished.notes, missing),
        page,
    )
