"""What is said beside the result: lines and a progress bar on stderr, and text made safe for a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

import click

__all__ = ["one_line", "printable", "progress", "say"]

FEW = 3
"""Up to so many inputs a progress bar is not worth its place."""


def printable(text: object) -> str:
    """`text` without what could move a terminal's cursor: names come from strangers' files."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text))


def one_line(text: object) -> str:
    """`text` in one printable line."""
    return printable(" ".join(str(text).split()))


def say(text: object) -> None:
    """Narrate one line."""
    click.echo(one_line(text), err=True)


@contextlib.contextmanager
def progress(total: int | None, doing: str = "explaining") -> Iterator[Callable[[int], None]]:
    """A progress bar where stderr is a terminal and there is more than a few to do; gives what moves it.

    It has the rate and the time that is left. A total of None is one that nobody knows.
    """
    if (total is not None and total <= FEW) or not sys.stderr.isatty():
        yield lambda count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Rate(TextColumn):
        def render(self, task: Task) -> Text:
            return Text(f"{task.speed:.1f}/s" if task.speed else "")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(""),
        TimeRemainingColumn(),
    )
    # Where both streams are the terminal, rich lifts the result's lines over the bar; a pipe's it must not touch.
    lifts = sys.stdout.isatty()
    with Progress(
        *columns, console=Console(stderr=True), transient=True, redirect_stdout=lifts, redirect_stderr=True
    ) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda count: bar.advance(task, count)
