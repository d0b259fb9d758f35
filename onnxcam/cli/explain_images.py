"""`onnxcam explain`: pictures and tensors in, overlays and a record of the run out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnxcam.cli.narration import printable, progress
from onnxcam.cli.options import (
    alpha_option,
    colormap_option,
    debug_option,
    example,
    folder_option,
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

if TYPE_CHECKING:
    from onnxcam.cli.runs import Request

__all__ = ["command", "explain_images", "print_entry"]


@click.command(
    "explain",
    short_help="Explain pictures, signals, volumes or tensors: an overlay each, and a record of the run.",
    epilog=example(
        "onnxcam explain models/shapes-torchscript.onnx models/pictures \\",
        "    --preprocess models/preprocess.json --labels models/labels.txt",
    ),
)
@model_argument
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--target",
    metavar="TARGET",
    default=("predicted",),
    show_default=True,
    multiple=True,
    help="What to explain: 'predicted' for each input's own class, a class's index or name, or what onnxcam targets "
    "lists: top5, 'star vs heart', … Given several times, a map for each.",
)
@head_option
@layer_option
@output_name_option
@method_option
@provider_option
@preprocess_option
@other_inputs_option
@click.option(
    "--rate",
    metavar="HZ",
    type=click.IntRange(1, 1_000_000),
    help="Sample rate that sounds are resampled to.  [default: their own]",
)
@click.option(
    "--window",
    metavar="SAMPLES",
    type=click.IntRange(min=1),
    help="Length of the windows that a sound is cut into for a model of any length.  [default: the whole sound]",
)
@labels_option
@click.option(
    "--batch-size",
    metavar="N",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Inputs that go through the model at once; a model with a batch size of its own gets that.",
)
@folder_option("overlays")
@colormap_option
@alpha_option
@force_option
@json_option
@debug_option
def command(as_json: bool, **options: Any) -> None:
    """Explain what MODEL looks at in each INPUT.

    An INPUT is a picture, a sound (.wav of 16-bit PCM), a volume (.nii, .nii.gz), a .npy tensor as the model takes it
    (its first axis counts the samples), a .npz file with an array for each of the model's inputs, by name, or a folder
    of such files (not of its sub-folders).
    Each picture gets an overlay; signals, tensors and volumes are drawn with their map, and DIR/explanations.json holds
    what was found: classes, scores, the map's peak. A line for each goes to stdout, what was chosen and why to stderr.

    An input that cannot be read, or Ctrl-C, ends the run: what is done stays, and the record says "complete": false.
    """
    from onnxcam.cli.results import dump
    from onnxcam.cli.runs import Request

    request = Request(**options)
    record = explain_images(request, report=ignore if as_json else print_entry)
    if as_json:
        click.echo(dump(record), nl=False)


def explain_images(request: Request, report: Callable[[Path, dict[str, Any]], None]) -> dict[str, Any]:
    """Explain every input, write its overlay, and write and return the record.

    Args:
        request: What is asked for.
        report: Called with the folder and an input's entry in the record, as soon as its overlay is written.

    Raises:
        OnnxcamError: Something cannot be read, explained or written; what is done by then stays, and is in the record.
    """
    from onnxcam.cli.results import RECORD, check_folder, picture_names, write_json
    from onnxcam.cli.runs import Run
    from onnxcam.cli.sources import list_files

    run = Run(request, list_files(request.inputs))
    sources = run.sources
    names = picture_names(sources, run.maps)
    written = [name for of_source in names for name in of_source]
    check_folder(request.folder, [*written, RECORD], {s.path for s in sources}, is_forced=request.force)
    done = 0
    try:
        with progress(len(sources)) as advance:
            for entries in run.explain(names):
                for entry in entries:
                    report(request.folder, entry)
                done += 1
                advance(1)
        run.record["complete"] = True
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{done} of {len(sources)} inputs are explained.") from None
    finally:
        if run.entries:
            write_json(request.folder / RECORD, run.record)
    return run.record


def print_entry(folder: Path, entry: dict[str, Any]) -> None:
    """One line of the result: the input, what was explained and its score, the overlay."""
    path = entry["path"] if entry["row"] is None else f"{entry['path']}[{entry['row']}]"
    click.echo(printable(f"{path}: {entry['target']}, score {entry['score']:.4g}, {folder / entry['overlay']}"))


def ignore(folder: Path, entry: dict[str, Any]) -> None:
    """Report nothing."""
