"""`onnxcam inspect`: what a model is, what would be explained in it and why, and what stands in the way."""

from __future__ import annotations

from pathlib import Path

import click

from onnxcam.cli.narration import printable
from onnxcam.cli.options import debug_option, example, json_option, layer_option, model_argument, output_name_option

__all__ = ["command"]


@click.command(
    "inspect",
    short_help="Show what a model is, and which layer and score would be explained.",
    epilog=example("onnxcam inspect models/shapes-torchscript.onnx"),
)
@model_argument
@layer_option
@output_name_option
@json_option
@debug_option
def command(model: Path, layer: tuple[str, ...] | None, output_name: str | None, as_json: bool) -> None:
    """Show what MODEL is: inputs and outputs, the score tensor, the default layer and why, the layers to choose from.

    What is missing (no layer by default, operators without a rule, ONNX Runtime) is said, and is no error: the exit
    code is 0 for everything that is a model.
    """
    from onnxcam.cli.findings import find, tell
    from onnxcam.cli.results import dump

    found = find(model, layer, output_name)
    if as_json:
        click.echo(dump(found), nl=False)
        return
    for line in tell(found):
        click.echo(printable(line))
