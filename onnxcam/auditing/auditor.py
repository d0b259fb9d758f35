"""A whole data set through one model: streamed, resumable, a row for each picture."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TypeVar

from onnxcam.auditing.journal import Journal
from onnxcam.auditing.randomised import PICTURES, Randomisation, check_randomisation, randomise
from onnxcam.auditing.rows import RowMaker
from onnxcam.auditing.searching import search
from onnxcam.auditing.settings import Settings
from onnxcam.auditing.streaming import Report, RowsFormat, check_rows, close, fill, write_rows
from onnxcam.auditing.summary import Summary, summarize
from onnxcam.auditing.suspicions import Shortcuts, summarize_shortcuts
from onnxcam.auditing.tables import read_rows
from onnxcam.datasets import DataSet, open_dataset
from onnxcam.errors import OnnxcamError
from onnxcam.randomising import Mode
from onnxcam.shortcuts import SIDE, has_scikit_learn

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
    """

    folder: Path
    rows_path: Path
    summary: Summary
    shortcuts: Shortcuts
    randomisation: Randomisation | None
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
    randomisation: Mode | None = None,
    randomised_pictures: int = PICTURES,
    is_fresh: bool = False,
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
        batch_size: Pictures that go through the model at once.
        rows: `parquet` (which takes pyarrow) or `jsonl`.
        keeps_maps: Whether each map is kept, in half precision.
        randomisation: Whether the weights are shuffled when all rows are there, from the score to the input, to see
            that the maps change: `cascading` (what a step shuffles stays shuffled), `independent` (each step on its
            own), or None. An audit that is finished is gone on with.
        randomised_pictures: How many of the first pictures it is made on.
        is_fresh: Whether to drop what an earlier run left in the folder.
        report: Called after each batch with the rows that are done, and their number in all, None where that is not
            known.

    Raises:
        InputError: A data set, folder, target, metric or randomisation that does not fit.
        OnnxcamError: The model cannot be explained.
    """
    settings = Settings(
        str(model), target, method, layer, output, provider, _text(preprocess), _text(labels), _text(head), metrics
    )
    opened = dataset if isinstance(dataset, DataSet) else open_dataset(dataset, dataset_format)
    check_rows(rows)
    check_randomisation(randomisation, randomised_pictures)
    maker = RowMaker(settings)
    figures = tuple(metric.name for metric in maker.metrics)
    of_rows = {"figures": list(figures), "grid": SIDE, "rows": rows, "maps": keeps_maps}
    journal = Journal(Path(folder), "audit", {**settings.described(), **of_rows}, is_fresh=is_fresh)
    resumed = journal.done
    fill(journal, opened, maker, batch_size, keeps_maps=keeps_maps, report=report)
    path = write_rows(journal, maker, rows, search if has_scikit_learn() else None)
    summary, shortcuts = summarize(read_rows(path), figures), summarize_shortcuts(read_rows(path))
    randomised, unmade = _randomised(journal, path, maker, randomisation, randomised_pictures)
    close(
        journal,
        rows,
        summary=dataclasses.asdict(summary),
        shortcuts=dataclasses.asdict(shortcuts),
        randomisation=None if randomised is None else dataclasses.asdict(randomised),
    )
    notes = (*opened.notes, *maker.explainer.preparation.notes, *shortcuts.notes, *unmade)
    return Audit(Path(folder), path, summary, shortcuts, randomised, resumed, notes)


def _randomised(
    journal: Journal, path: Path, maker: RowMaker, mode: Mode | None, pictures: int
) -> tuple[Randomisation | None, tuple[str, ...]]:
    """The randomisation test as it is asked for, or that of an earlier run; of one that cannot be made, why not."""
    said = journal.said.get("randomisation")
    held = None if said is None else Randomisation.read(said)
    if mode is None or (held is not None and (held.mode, held.asked) == (mode, pictures)):
        return held, ()
    try:
        return randomise(read_rows(path), maker, mode, pictures), ()
    except OnnxcamError as error:
        return None, (f"the randomisation test was not made: {error}".rstrip("."),)


T = TypeVar("T")


def _text(value: T | Path) -> T | str:
    return str(value) if isinstance(value, Path) else value
