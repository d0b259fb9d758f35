"""`onnxcam rules`: which operators a gradient passes, and how."""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from onnxcam.cli.options import debug_option, example, json_option

if TYPE_CHECKING:
    from onnxcam.autodiff import Row

__all__ = ["command", "tell"]

KINDS = ("rule", "expansion", "zero", "none")


@click.command(
    "rules", short_help="List the operators that a gradient passes, and how.", epilog=example("onnxcam rules")
)
@json_option
@debug_option
def command(as_json: bool) -> None:
    """List how each operator is differentiated, by domain, with the versions that opsets from 7 on select.

    \b
    rule       by a vjp rule of its own
    expansion  by those of the standard operators that compute it
    zero       its gradient is zero: it is piecewise constant
    none       no float passes through it

    An operator that is missing here stops a gradient with an error. With --json, a list of objects with the keys
    domain ("" for ai.onnx, as in a model's nodes), op_type, since_version and kind, one for each version.
    """  # noqa: D301 - \b is click's: lines that stay lines
    from onnxcam.autodiff import table
    from onnxcam.cli.results import dump

    rows = table()
    if as_json:
        click.echo(dump([dataclasses.asdict(row) for row in rows]), nl=False)
        return
    for line in tell(rows):
        click.echo(line)


def tell(rows: Sequence[Row]) -> Iterator[str]:
    """The sorted rows as lines: a head for each domain, below it a line for each operator and kind."""
    for number, (domain, of_domain) in enumerate(itertools.groupby(rows, key=lambda row: row.domain)):
        lines = list(_merged(of_domain))
        counts = Counter(kind for _, kind, _ in lines)
        width = max(len(op_type) for op_type, _, _ in lines)
        if number:
            yield ""
        yield f"{domain or 'ai.onnx'}: {', '.join(f'{counts[kind]} {kind}' for kind in KINDS if counts[kind])}"
        for op_type, kind, versions in lines:
            yield f"  {op_type:<{width}}  {kind:<9}  since {', '.join(map(str, versions))}"


def _merged(rows: Iterable[Row]) -> Iterator[tuple[str, str, list[int]]]:
    """Operator, kind and the versions of that kind; a kind that changes with the versions starts another line."""
    for (op_type, kind), alike in itertools.groupby(rows, key=lambda row: (row.op_type, row.kind)):
        yield op_type, kind, [row.since_version for row in alike]
