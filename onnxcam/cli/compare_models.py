"""`onnxcam compare`: two models on the same pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnxcam.cli.options import (
    batch_size_option,
    dataset_argument,
    dataset_format_option,
    debug_option,
    example,
    folder_option,
    fresh_option,
    json_option,
    labels_option,
    layer_option,
    method_option,
    other_inputs_option,
    output_name_option,
    preprocess_option,
    provider_option,
    rows_option,
    target_of_record_option,
)
from onnxcam.cli.other_inputs import spelled_inputs
from onnxcam.cli.report_options import report_options
from onnxcam.cli.streams import conclude, interval_lines, streamed

if TYPE_CHECKING:
    from onnxcam.comparing import Comparison

__all__ = ["command"]

FEW = 5


@click.command(
    "compare",
    short_help="Hold a model against another: do they say the same, and look at the same places?",
    epilog=example(
        "onnxcam compare models/shapes-torchscript.onnx models/shapes-int8.onnx models/pictures --rows jsonl \\",
        "    --preprocess models/preprocess.json --labels models/labels.txt",
    ),
)
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("second", type=click.Path(path_type=Path))
@dataset_argument
@folder_option("comparison")
@dataset_format_option
@target_of_record_option
@layer_option
@click.option(
    "--second-layer",
    metavar="LAYER",
    multiple=True,
    callback=lambda _, __, given: given or None,
    help="Layer of SECOND.  [default: the one that stands for FIRST's, by its role in the graph, or its name]",
)
@output_name_option
@click.option("--second-output-name", metavar="NAME", help="Tensor that holds the scores of SECOND.")
@method_option
@provider_option
@preprocess_option
@click.option("--second-preprocess", metavar="NAME|FILE", help="Another for SECOND.")
@labels_option
@other_inputs_option
@click.option(
    "--second-input",
    "second_others",
    metavar="NAME=VALUE",
    multiple=True,
    help="Another of SECOND's inputs, as --input.  [default: as --input says, by the same names]",
)
@batch_size_option
@rows_option
@report_options
@fresh_option
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    first: Path,
    second: Path,
    dataset: Path,
    folder: Path,
    dataset_format: str,
    output_name: str | None,
    second_output_name: str | None,
    others: tuple[str, ...],
    second_others: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Run FIRST and SECOND on every picture of DATASET, and hold their maps of the same class against each other.

    They may be two exports, opsets, precisions or releases. Each picture gets a row in DIR: what both predict and how
    surely, and how alike their maps are. DIR/comparison.json holds the means, with intervals of 95 %, quantiles, and
    the worst cases; DIR/report.html shows both maps side by side, the worst first.

    A run that is stopped, or killed, goes on where it stood with the same command. A picture that cannot be read is a
    row that says so, and the exit code is 1 then. onnxcam check sets thresholds.
    """
    from onnxcam.comparing import compare

    with streamed(dataset, dataset_format, "comparing") as (opened, report):
        found = compare(
            first,
            second,
            opened,
            folder,
            output=output_name,
            second_output=second_output_name,
            inputs=spelled_inputs(others),
            second_inputs=spelled_inputs(second_others) if second_others else None,
            report=report,
            **options,
        )
    conclude(ctx, found, "comparison.json", _means(found), notes=(found.matching, *found.notes), as_json=as_json)


def _means(found: Comparison) -> list[str]:
    """The means and the worst cases, for people."""
    summary = found.summary
    lines: list[str] = []
    if summary.agreement is not None:
        lines += interval_lines({"same class": summary.agreement, "drift": summary.drift, **summary.similarities})
        lines.append("least alike:")
        lines += [
            f"  {one.key}  pearson {one.similarity:.4f}, drift {one.drift:+.4f}"
            + ("" if one.is_same else ", another class")
            for one in summary.worst[:FEW]
        ]
    return lines
