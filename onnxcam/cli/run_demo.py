"""`onnxcam demo`: the bundled model on the bundled pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from onnxcam.cli.narration import printable, say
from onnxcam.cli.options import debug_option, example, folder_option
from onnxcam.errors import ModelError

__all__ = ["command", "find_models"]

MODEL = "shapes-torchscript.onnx"


@click.command(
    "demo", short_help="Explain the bundled pictures with the bundled model.", epilog=example("onnxcam demo")
)
@folder_option("onnxcam-demo")
@debug_option
def command(folder: Path) -> None:
    """Explain the bundled pictures with the bundled model, and hold each map against the object's mask.

    Safe to run again: it overwrites what it wrote before.
    """
    from onnxcam.cli.explain_images import explain_images, ignore
    from onnxcam.cli.runs import Request

    models = find_models()
    cards = json.loads((models / "pictures" / "index.json").read_text(encoding="utf-8"))
    request = Request(
        model=models / MODEL,
        inputs=tuple(models / "pictures" / card["file"] for card in cards),
        folder=folder,
        preprocess=str(models / "preprocess.json"),
        labels=models / "labels.txt",
        force=True,
    )
    record = explain_images(request, report=ignore)
    rows = [_row(card, entry, models) for card, entry in zip(cards, record["inputs"], strict=True)]
    for line in _table([("picture", "truth", "predicted", "score", "map's peak", "overlay"), *rows]):
        click.echo(printable(line))
    right = sum(row[1] == row[2] for row in rows)
    inside = sum(row[4] == ON_OBJECT for row in rows)
    say(f"{right} of {len(rows)} classes are right, {inside} of {len(rows)} peaks lie on the object.")
    say(f"The overlays are in '{folder}'.")


ON_OBJECT, BESIDE = "on the object", "beside it"


def find_models() -> Path:
    """The folder of bundled models: inside the package once it is installed, beside it in a checkout.

    Raises:
        ModelError: There is none.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "models", package.parent / "models"):
        if (folder / MODEL).is_file():
            return folder
    raise ModelError("the bundled models are missing. Install onnxcam from its wheel, or run it in a whole checkout.")


def _row(card: dict[str, Any], entry: dict[str, Any], models: Path) -> tuple[str, ...]:
    from onnxcam.imaging import read_image

    mask = read_image(models / "pictures" / card["mask"])[..., 0] > 127
    peak = entry["peak"]
    where = ON_OBJECT if peak is not None and mask[peak["y"], peak["x"]] else BESIDE
    predicted = entry["class_name"] or str(entry["class_index"])
    return card["file"], card["label"], predicted, f"{entry['score']:.2f}", where, entry["overlay"]


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
