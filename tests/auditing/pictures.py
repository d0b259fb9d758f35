"""Folders of pictures for audits, made of the bundled ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2] / "models"
MODEL = ROOT / "shapes-torchscript.onnx"
PICTURES = sorted((ROOT / "pictures").glob("*-[01].png"))
NAMES = [path.stem.split("-")[0] for path in PICTURES]
OPTIONS = {"preprocess": ROOT / "preprocess.json", "labels": ROOT / "labels.txt", "provider": "cpu"}


def write_pictures(folder: Path, count: int) -> Path:
    """That many pictures, a folder for each class."""
    for number in range(count):
        source = PICTURES[number % len(PICTURES)]
        target = folder / NAMES[number % len(PICTURES)] / f"{number:04}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return folder


def read_rows(folder: Path) -> list[dict[str, object]]:
    """The rows of an audit of lines."""
    return [json.loads(line) for line in (folder / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
