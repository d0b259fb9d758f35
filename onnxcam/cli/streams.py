"""What the commands share that go through a data set: opening it, the bar, how they end, how means are written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from onnxcam.cli.narration import progress

if TYPE_CHECKING:
    from onnxcam.datasets import DataSet
    from onnxcam.metrics import Interval

__all__ = ["FINDINGS", "interval_lines", "record_of", "streamed"]

FINDINGS = 1
"""The exit code of a run that found something wrong."""


@contextlib.contextmanager
def streamed(path: Path, form: str, doing: str) -> Iterator[tuple[DataSet, Callable[[int, int | None], None]]]:
    """A data set, and what is told of each batch that is done; Ctrl-C says how far the run is.

    Raises:
        InputError: There is no such data set.
    """
    from onnxcam.datasets import open_dataset

    opened = open_dataset(path, form)
    done = 0
    try:
        with progress(opened.count, doing) as advance:

            def report(rows: int, total: int | None) -> None:
                nonlocal done
                advance(rows - done)
                done = rows

            yield opened, report
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{done} pictures are done; the same command goes on with the others.") from None


def record_of(header: Path, rows_path: Path) -> dict[str, Any]:
    """What a finished run says for machines."""
    record: dict[str, Any] = json.loads(header.read_text(encoding="utf-8"))
    return {**record, "rows_file": str(rows_path)}


def interval_lines(shown: Mapping[str, Interval | None]) -> list[str]:
    """A line for each figure: its mean, and the interval of the mean."""
    width = max(map(len, shown))
    return [
        f"  {name:{width}}  {one.mean:.4f}  ({one.low:.4f} to {one.high:.4f})"
        + (f", not defined for {one.missing}" if one.missing else "")
        for name, one in shown.items()
        if one is not None and one.count
    ]
