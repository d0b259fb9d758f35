"""`onnxcam audit`: a whole data set through one model, a row of figures for each picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from onnxcam.cli.narration import one_line, printable, progress, say
from onnxcam.cli.options import (
    FromRegistry,
    debug_option,
    example,
    folder_option,
    head_option,
    json_option,
    labels_option,
    layer_option,
    method_option,
    model_argument,
    output_name_option,
    preprocess_option,
    provider_option,
)

if TYPE_CHECKING:
    from onnxcam.auditing import Audit, ClassSummary

__all__ = ["FINDINGS", "command"]

FINDINGS = 1


def _metrics() -> list[str]:
    from onnxcam.metrics import METRICS

    return list(METRICS)


def _formats() -> list[str]:
    from onnxcam.datasets import format_names

    return ["auto", *format_names()]


@click.command(
    "audit",
    short_help="Measure where a model looks, over a whole data set.",
    epilog=example(
        "onnxcam audit models/shapes-torchscript.onnx models/pictures -o audit --rows jsonl \\",
        "    --preprocess models/preprocess.json --labels models/labels.txt",
    ),
)
@model_argument
@click.argument("dataset", type=click.Path(path_type=Path))
@folder_option("audit")
@click.option(
    "--dataset-format",
    type=FromRegistry("format", _formats),
    default="auto",
    show_default=True,
    help="What DATASET is.",
)
@click.option(
    "--target",
    metavar="TARGET",
    default="predicted",
    show_default=True,
    help="What to explain: 'predicted' for each picture's own class, 'label' for the one that the data set says, a "
    "class's index or name, or what onnxcam targets lists with one map.",
)
@click.option(
    "--metric",
    "metrics",
    type=FromRegistry("metric", _metrics, is_listed=False),
    multiple=True,
    help="What to measure; may be given several times.  [default: all that take no further run of the model]",
)
@click.option(
    "--batch-size",
    metavar="N",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Pictures that go through the model at once; a model with a batch size of its own gets that.",
)
@click.option(
    "--rows",
    type=click.Choice(["parquet", "jsonl"]),
    default="parquet",
    show_default=True,
    help="What the rows are written as. Parquet takes pyarrow.",
)
@click.option("--keep-maps", "keeps_maps", is_flag=True, help="Keep each picture's map, in DIR/maps.")
@head_option
@layer_option
@output_name_option
@method_option
@provider_option
@preprocess_option
@labels_option
@click.option("--force", "is_fresh", is_flag=True, help="Drop what an earlier run left in DIR, and start anew.")
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    model: Path,
    dataset: Path,
    folder: Path,
    layer: tuple[str, ...] | None,
    output_name: str | None,
    metrics: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> None:
    """Explain every picture of DATASET with MODEL, and measure the maps.

    DATASET is a folder of pictures, with a folder for each class where there are classes, or a file or folder of
    annotations. Each picture gets a row in DIR: what is predicted, how surely, where the map's peak is, and each
    figure. DIR/audit.json holds the means, with intervals of 95 %, of all pictures and of each class.

    A run that is stopped, or killed, goes on where it stood with the same command. A picture that cannot be read is a
    row that says so, and the exit code is 1 then.
    """
    from onnxcam.auditing import audit
    from onnxcam.cli.results import dump
    from onnxcam.datasets import open_dataset

    opened = open_dataset(dataset, options.pop("dataset_format"))
    done = 0
    try:
        with progress(opened.count, "auditing") as advance:

            def report(rows: int, total: int | None) -> None:
                nonlocal done
                advance(rows - done)
                done = rows

            found = audit(
                model,
                opened,
                folder,
                layer=layer,
                output=output_name,
                metrics=metrics or None,
                report=report,
                **options,
            )
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{done} pictures are done; the same command goes on with the others.") from None
    for note in found.notes:
        say(f"Note: {note}.")
    if found.resumed:
        say(f"{found.resumed} rows were there from an earlier run.")
    if as_json:
        click.echo(dump(_record(found)), nl=False)
    else:
        for line in _tell(found):
            click.echo(printable(line))
    if found.summary.failed:
        ctx.exit(FINDINGS)


def _record(found: Audit) -> dict[str, Any]:
    import json

    header: dict[str, Any] = json.loads((found.folder / "audit.json").read_text(encoding="utf-8"))
    return {**header, "rows_file": str(found.rows_path)}


def _tell(found: Audit) -> list[str]:
    """The result for people: what was written, and the means."""
    summary = found.summary
    failed = f", {summary.failed} of which could not be read or explained (column 'error')" if summary.failed else ""
    lines = [f"{found.rows_path}: {summary.count} rows{failed}"]
    if summary.overall.count:
        lines += _figures(summary.overall)
        lines += [f"by class, in {found.folder / 'audit.json'}: {', '.join(one_line(c.name) for c in summary.classes)}"]
    return lines


def _figures(of: ClassSummary) -> list[str]:
    """A line for each figure: its mean, and the interval of the mean."""
    shown = {"accuracy": of.accuracy, **of.figures}
    width = max(map(len, (*shown, "empty maps")))
    lines = [
        f"  {name:{width}}  {one.mean:.4f}  ({one.low:.4f} to {one.high:.4f})"
        + (f", not defined for {one.missing}" if one.missing else "")
        for name, one in shown.items()
        if one is not None and one.count
    ]
    return [*lines, f"  {'empty maps':{width}}  {of.empty:.4f}"]
