"""An audit but for its page: rows, what they say together, and what their maps have in common."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from onnxcam.auditing.journal import Journal
from onnxcam.auditing.opening import open_journal
from onnxcam.auditing.randomised import PICTURES, Randomisation, check_randomisation, randomise
from onnxcam.auditing.rows import RowMaker
from onnxcam.auditing.searching import search
from onnxcam.auditing.settings import Settings
from onnxcam.auditing.streaming import Report, RowsFormat, check_rows, close, fill, write_rows
from onnxcam.auditing.summary import Summary, summarize
from onnxcam.auditing.suspicions import Shortcuts, summarize_shortcuts
from onnxcam.auditing.tables import read_rows
from onnxcam.crew import crew
from onnxcam.datasets import DataSet
from onnxcam.errors import OnnxcamError
from onnxcam.randomising import Mode
from onnxcam.shortcuts import SIDE, has_scikit_learn

__all__ = ["Finished", "carry_out"]


@dataclasses.dataclass(frozen=True, slots=True)
class Finished:
    """An audit whose rows are complete, and what can run the model again.

    Attributes:
        folder: Where it lies.
        maker: What made the rows.
        dataset: The records.
        rows_path: The file of rows.
        summary: What they say together.
        shortcuts: What their maps have in common.
        randomisation: What became of the maps as weights were shuffled; None where there is no such test.
        resumed: Rows that an earlier run had made.
        notes: What the reader must know.
        made_of: What the rows depend on, ready for JSON.
    """

    folder: Path
    maker: RowMaker
    dataset: DataSet
    rows_path: Path
    summary: Summary
    shortcuts: Shortcuts
    randomisation: Randomisation | None
    resumed: int
    notes: tuple[str, ...]
    made_of: Mapping[str, Any]


@contextlib.contextmanager
def carry_out(
    settings: Settings,
    dataset: DataSet,
    folder: str | Path,
    *,
    batch_size: int = 8,
    rows: RowsFormat = "parquet",
    keeps_maps: bool = False,
    randomisation: Mode | None = None,
    randomised_pictures: int = PICTURES,
    is_fresh: bool = False,
    report: Report | None = None,
) -> Iterator[Finished]:
    """Make the rows that are not there yet, and find what they say together; within it the folder is locked.

    Arguments as for `audit`.

    Raises:
        InputError: A data set, folder, target, metric or randomisation that does not fit.
        OnnxcamError: The model cannot be explained.
    """
    check_rows(rows)
    check_randomisation(randomisation, randomised_pictures)
    maker = RowMaker(settings, crew()[1])
    figures = tuple(metric.name for metric in maker.metrics)
    of_rows = {"figures": list(figures), "grid": SIDE, "rows": rows, "maps": keeps_maps}
    made_of = {**settings.described(), **of_rows}
    with open_journal(Path(folder), "audit", made_of, is_fresh=is_fresh) as journal:
        resumed = journal.done
        fill(journal, dataset, maker, batch_size, keeps_maps=keeps_maps, report=report)
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
        of_model = (*maker.explainer.processor_notes, *maker.explainer.preparation.notes)
        notes = (*dataset.notes, *of_model, *shortcuts.notes, *unmade)
        yield Finished(Path(folder), maker, dataset, path, summary, shortcuts, randomised, resumed, notes, {**made_of})


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
