"""`onnxcam export`: one file that gives its maps itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from onnxcam.cli.narration import printable
from onnxcam.cli.options import (
    debug_option,
    example,
    force_option,
    head_option,
    json_option,
    labels_option,
    layer_option,
    method_option,
    model_argument,
    other_inputs_option,
    output_name_option,
    preprocess_option,
    provider_option,
)

__all__ = ["command"]


@click.command(
    "export",
    short_help="Write one .onnx that gives its maps itself, for any runtime.",
    epilog=example("onnxcam export models/shapes-torchscript.onnx -o shapes.cam.onnx"),
)
@model_argument
@click.argument("inputs", metavar="[INPUT...]", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="File to write.  [default: the model's name, ending in .cam.onnx, in this folder; none with --web]",
)
@click.option(
    "--web",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Write a page to DIR, on which a person drops a picture and sees where the model looks, for any class; all is "
    "computed in the browser. Pictures among INPUT, 12 at most, are copied to it to try.",
)
@click.option(
    "--web-runtime",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder of the npm package onnxruntime-web, which is copied into the page.  [default: in node_modules "
    "here or above, else fetched once by npm]",
)
@click.option(
    "--target",
    metavar="TARGET",
    multiple=True,
    help="What is always explained: a class's index or name, top5, … as for explain; given several times, a map for "
    "each.  [default: what the input cam_target says in each run]",
)
@click.option(
    "--target-input",
    type=click.Choice(["optional", "required"]),
    default="optional",
    show_default=True,
    help="Whether a run may leave cam_target out. Some runtimes cannot feed an input that has a default, such as those "
    "for JavaScript and Java: required is for them.",
)
@click.option("--raw", is_flag=True, help="Give the map at the layer's resolution, before any scaling.")
@head_option
@layer_option
@output_name_option
@method_option
@provider_option
@preprocess_option
@other_inputs_option
@labels_option
@force_option
@json_option
@debug_option
def command(as_json: bool, **options: Any) -> None:
    """Write MODEL with its explanation inside.

    The file gives what MODEL gives and, beside it, the map of each sample: `cam`, in [0, 1], of the input's size, and
    `cam_class`, the class explained. Which class that is may be said in each run by the input `cam_target`; -1, a class
    that the model does not have, or nothing, is the predicted class. Only standard operators are added, so that any
    runtime gives the map with one call.

    Before it is written, the file is compared with MODEL and with what `onnxcam explain` gives, on random inputs and on
    each INPUT.
    """
    from onnxcam.cli.exports import ExportRequest, record_of, tell, write_export
    from onnxcam.cli.results import dump

    written = write_export(ExportRequest(**options))
    if as_json:
        click.echo(dump(record_of(written)), nl=False)
        return
    for line in tell(written):
        click.echo(printable(line))
