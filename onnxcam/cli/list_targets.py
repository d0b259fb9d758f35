"""`onnxcam targets`: how `--target` names what is explained."""

from __future__ import annotations

from collections.abc import Iterator

import click

from onnxcam.cli.options import debug_option, example, json_option

__all__ = ["command", "rows"]


@click.command("targets", short_help="List the spellings that --target takes.", epilog=example("onnxcam targets"))
@json_option
@debug_option
def command(as_json: bool) -> None:
    """List what --target takes: an example of each spelling, and what it explains.

    A class is named by its index or its name; a name wins over a spelling. With --json, a list of objects with the keys
    example and meaning.
    """
    from onnxcam.cli.results import dump

    listed = list(rows())
    if as_json:
        click.echo(dump([{"example": a, "meaning": b} for a, b in listed]), nl=False)
        return
    width = max(len(a) for a, _ in listed)
    for spelling, meaning in listed:
        click.echo(f"{spelling:<{width}}  {meaning}")


def rows() -> Iterator[tuple[str, str]]:
    """An example of each spelling and its meaning."""
    from onnxcam.targets import SPELLINGS

    yield "predicted", "each input's predicted class"
    yield "3", "a class by its index"
    yield "star", "a class by its name"
    for one in SPELLINGS:
        yield one.example, one.meaning
