"""Options of the page that a run through a data set ends with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["report_option", "report_options"]

Command = TypeVar("Command", bound=Callable[..., Any])


report_option = click.option(
    "--report/--no-report",
    "has_report",
    default=True,
    show_default=True,
    help="Write DIR/report.html for people, and the same as DIR/report.json.",
)


def report_options(command: Command) -> Command:
    """`--report` and `--report-pictures`."""
    pictures = click.option(
        "--report-pictures",
        metavar="N",
        type=click.IntRange(min=0),
        default=200,
        show_default=True,
        help="Pictures that the report shows, the worst first. Beyond 300 they lie beside it, in DIR/report-pictures.",
    )
    return report_option(pictures(command))
