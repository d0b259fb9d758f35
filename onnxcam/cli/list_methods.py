"""`onnxcam methods`: how activation and gradient become a map."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from onnxcam.cli.options import debug_option, example, json_option

if TYPE_CHECKING:
    from onnxcam.cam import MethodCard

__all__ = ["command", "tell"]


@click.command(
    "methods", short_help="List the methods that --method takes, and what each does.", epilog=example("onnxcam methods")
)
@json_option
@debug_option
def command(as_json: bool) -> None:
    """List the methods, with what each computes and the paper it comes from.

    A is the activation of the layer and G the gradient of the score there, k counts its channels; sums and means are
    over its positions. With --json, a list of objects with the keys name, summary and source.
    """
    from onnxcam.cam import method_cards
    from onnxcam.cli.results import dump

    cards = method_cards()
    if as_json:
        click.echo(dump([dataclasses.asdict(card) for card in cards]), nl=False)
        return
    for line in tell(cards):
        click.echo(line)


def tell(cards: Sequence[MethodCard]) -> Iterator[str]:
    """Two lines for each method: its name and what it computes, and below it the paper."""
    width = max(len(card.name) for card in cards)
    for card in cards:
        yield f"{card.name:<{width}}  {card.summary}"
        yield f"{'':<{width}}  {card.source}"
