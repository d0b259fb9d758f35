"""What whole processes take, from their start to their end, in turns."""

from __future__ import annotations

import argparse
import dataclasses
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from benchmarks.ratios import MODELS

__all__ = ["Started", "start_in_turns", "starts"]

ONNXCAM = [sys.executable, "-m", "onnxcam"]
MODEL = "ResNet-50"

BARE = """
import sys
import cv2, numpy, onnxruntime
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
picture = cv2.resize(cv2.imread(sys.argv[2]), (224, 224)).astype("float32") / 255
session.run(None, {session.get_inputs()[0].name: picture.transpose(2, 0, 1)[None]})
"""
"""The least that runs a file on a picture."""


@dataclasses.dataclass(frozen=True)
class Started:
    """Two commands in turns: seconds from start to end.

    Attributes:
        seconds: Of each, the median.
        more: The second's above the first's, pair by pair: quartiles.
    """

    seconds: tuple[float, float]
    more: tuple[float, float, float]


def start_in_turns(first: Sequence[str], second: Sequence[str], rounds: int) -> Started:
    """Run both commands, in an empty folder each, the order swapped each round; one round before does not count.

    Raises:
        subprocess.CalledProcessError: One fails.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            with tempfile.TemporaryDirectory() as folder:
                begun = time.perf_counter()
                subprocess.run((first, second)[side], check=True, capture_output=True, cwd=folder)
                times[side].append(time.perf_counter() - begun)
    own = [side[1:] for side in times]
    low, middle, high = statistics.quantiles([b - a for a, b in zip(*own, strict=True)], n=4)
    return Started((statistics.median(own[0]), statistics.median(own[1])), (low, middle, high))


def starts(args: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Whole processes: importing onnxcam, its help, and one picture explained, over the least that does the same."""
    model, picture = MODELS[MODEL](args.models).path, folder / "picture.png"
    pixels = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    cv2.imwrite(str(picture), cv2.GaussianBlur(pixels, (0, 0), 3))
    nothing = [sys.executable, "-c", "pass"]
    explain = [*ONNXCAM, "explain", str(model), str(picture), "--preprocess", "imagenet", "--provider", "cpu"]
    for what, least, command in (
        ("python -c 'import onnxcam'", nothing, [sys.executable, "-c", "import onnxcam"]),
        ("onnxcam --help", nothing, [*ONNXCAM, "--help"]),
        ("onnxcam explain", _bare_run(model, picture), explain),
    ):
        found = start_in_turns(least, command, args.rounds)
        low, middle, high = found.more
        yield {
            "process": what,
            "least, s": round(found.seconds[0], 2),
            "onnxcam, s": round(found.seconds[1], 2),
            "more, s (quartiles)": f"{middle:.2f} ({low:.2f} to {high:.2f})",
        }


def _bare_run(model: Path, picture: Path) -> list[str]:
    """The command of a script that imports ONNX Runtime, loads the file and runs it once."""
    return [sys.executable, "-c", BARE, str(model), str(picture)]
