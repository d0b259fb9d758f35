"""`onnxcam audit`: a whole data set through one model, a row of figures for each picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnxcam.cli.narration import one_line
from onnxcam.cli.options import (
    FromRegistry,
    batch_size_option,
    dataset_argument,
    dataset_format_option,
    debug_option,
    example,
    folder_option,
    fresh_option,
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
    rows_option,
    target_of_record_option,
)
from onnxcam.cli.other_inputs import spelled_inputs
from onnxcam.cli.report_options import report_options
from onnxcam.cli.shortcuts import randomisation_lines, shortcut_lines
from onnxcam.cli.streams import conclude, interval_lines, streamed

if TYPE_CHECKING:
    from onnxcam.auditing import Audit

__all__ = ["command"]


def _metrics() -> list[str]:
    from onnxcam.metrics import METRICS

    return list(METRICS)


@click.command(
    "audit",
    short_help="Measure where a model looks, over a whole data set.",
    epilog=example(
        "onnxcam audit models/shapes-torchscript.onnx models/pictures -o audit --rows jsonl \\",
        "    --preprocess models/preprocess.json --labels models/labels.txt",
    ),
)
@model_argument
@dataset_argument
@folder_option("audit")
@dataset_format_option
@target_of_record_option
@click.option(
    "--metric",
    "metrics",
    type=FromRegistry("metric", _metrics, is_listed=False),
    multiple=True,
    help="What to measure; may be given several times.  [default: all that take no further run of the model]",
)
@batch_size_option
@rows_option
@click.option("--keep-maps", "keeps_maps", is_flag=True, help="Keep each picture's map, in DIR/maps.")
@click.option(
    "--randomise",
    "randomisation",
    type=click.Choice(["cascading", "independent"]),
    help="Shuffle the model's weights, from the scores to the pictures, on a few pictures: the maps must change. "
    "cascading: what a step shuffles stays shuffled; independent: each step on its own.",
)
@click.option(
    "--randomise-pictures",
    "randomised_pictures",
    metavar="N",
    type=click.IntRange(min=1),
    default=16,
    show_default=True,
    help="How many of the first pictures --randomise takes.",
)
@head_option
@layer_option
@output_name_option
@method_option
@provider_option
@preprocess_option
@labels_option
@other_inputs_option
@report_options
@fresh_option
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: Path,
    dataset: Path,
    folder: Path,
    dataset_format: str,
    layer: tuple[str, ...] | None,
    output_name: str | None,
    metrics: tuple[str, ...],
    others: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Explain every picture of DATASET with MODEL, and measure the maps.

    DATASET is a folder of pictures, with a folder for each class where there are classes, or a file or folder of
    annotations. Each picture gets a row in DIR: what is predicted, how surely, where the map's peak is, and each
    figure. DIR/audit.json holds the means, with intervals of 95 %, of all pictures and of each class, and
    DIR/report.html shows them to people, with the worst pictures first.

    In each class of 20 maps or more, clusters are searched, where scikit-learn is installed: a few pictures, or a whole
    class, that are recognised by a tag in a corner or by a border look there more than all others. Those are told, with
    pictures to look at; DIR/audit.json has all, with their mean maps.

    A run that is stopped, or killed, goes on where it stood with the same command. A picture that cannot be read is a
    row that says so, and the exit code is 1 then.
    """
    from onnxcam.auditing import audit

    with streamed(dataset, dataset_format, "auditing") as (opened, report):
        found = audit(
            model,
            opened,
            folder,
            layer=layer,
            output=output_name,
            metrics=metrics or None,
            inputs=spelled_inputs(others),
            report=report,
            **options,
        )
    lines = [*_means(found), *shortcut_lines(found.shortcuts), *randomisation_lines(found.randomisation)]
    conclude(ctx, found, "audit.json", lines, notes=found.notes, as_json=as_json)


def _means(found: Audit) -> list[str]:
    """The means, for people."""
    summary = found.summary
    lines: list[str] = []
    if summary.overall.count:
        overall = summary.overall
        lines += interval_lines({"accuracy": overall.accuracy, **overall.figures})
        lines.append(f"  maps that are zero everywhere: {overall.empty:.2%}")
        lines += [f"by class, in {found.folder / 'audit.json'}: {', '.join(one_line(c.name) for c in summary.classes)}"]
    return lines
