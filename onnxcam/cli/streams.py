"""What the commands share that go through a data set: opening it, the bar, how they end, how means are written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnxcam.cli.narration import printable, progress, say

if TYPE_CHECKING:
    from onnxcam.auditing import Audit
    from onnxcam.comparing import Comparison
    from onnxcam.datasets import DataSet
    from onnxcam.metrics import Interval

__all__ = ["FINDINGS", "conclude", "interval_lines", "streamed"]

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


def conclude(
    ctx: click.Context,
    found: Audit | Comparison,
    header: str,
    means: Sequence[str],
    *,
    notes: Iterable[str],
    as_json: bool,
) -> None:
    """Say what came of it: notes on stderr, and what was written, what failed and the means on stdout.

    The exit code is 1 where a record could not be read or explained.
    """
    from onnxcam.cli.results import dump

    for note in notes:
        say(f"Note: {note}.")
    if found.resumed:
        say(f"{found.resumed} rows were there from an earlier run.")
    if found.report_path is not None:
        say(f"The report is written: {found.report_path}.")
    summary = found.summary
    if as_json:
        record: dict[str, Any] = json.loads((found.folder / header).read_text(encoding="utf-8"))
        click.echo(dump({**record, "rows_file": str(found.rows_path)}), nl=False)
    else:
        failed = f", {summary.failed} of which could not be read or explained (column 'error')" * bool(summary.failed)
        first = f"{found.rows_path}: {summary.count} rows{failed}"
        for line in (first, *(f"  {one}" for one in summary.failures), *means):
            click.echo(printable(line))
    if summary.failed:
        ctx.exit(FINDINGS)


def interval_lines(shown: Mapping[str, Interval | None]) -> list[str]:
    """A line for each figure: its mean, and the interval of the mean."""
    width = max(map(len, shown))
    return [
        f"  {name:{width}}  {one.mean:.4f}"
        + (f"  ({one.low:.4f} to {one.high:.4f})" if one.count > 1 else "  (of one picture)")
        + (f", not defined for {one.missing}" if one.missing else "")
        for name, one in shown.items()
        if one is not None and one.count
    ]
