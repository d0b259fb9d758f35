"""A folder of photographs explained, against decoding them alone and running the file on them alone."""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import dataclasses
import io
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from benchmarks.ratios import MODELS

import onnxcam

__all__ = ["Folder", "explain_folder", "folders", "take_photographs"]

FOR_FOLDERS = ("ResNet-50", "MobileNetV2")
BATCH = 8

DRAWN = 25
"""Photographs that differ; more are these again, under other names."""
SIZES = ((1152, 864), (1536, 1024), (2048, 1536))
"""Width and height: 1 to 3 megapixels."""


@dataclasses.dataclass(frozen=True)
class Folder:
    """Pictures a second.

    Attributes:
        decoded: Read and preprocessed, on all cores.
        forward: Through the file, in batches.
        explained: By `onnxcam explain`, from the files to written overlays.
    """

    decoded: float
    forward: float
    explained: float

    @property
    def rate(self) -> float:
        """The last over the slower of the two before."""
        return self.explained / min(self.decoded, self.forward)


def folders(args: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """`onnxcam explain` on a folder of photographs, against decoding alone and the forward alone."""
    photographs = take_photographs(folder / "photographs", args.photographs)
    for name in FOR_FOLDERS:
        found = explain_folder(MODELS[name](args.models).path, photographs, folder / "overlays", 2, BATCH)
        yield {
            "model": name,
            "photographs": args.photographs,
            "decoding alone, /s": round(found.decoded, 1),
            "forward alone, /s": round(found.forward, 1),
            "onnxcam explain, /s": round(found.explained, 1),
            "of the slower": round(found.rate, 3),
        }


def take_photographs(folder: Path, count: int) -> Path:
    """That many JPEG files, whose spectrum falls as that of photographs does."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        path, width, height = folder / f"{number:04}.jpg", *SIZES[number % len(SIZES)]
        if number < DRAWN:
            cv2.imwrite(str(path), _draw(rng, width, height), [cv2.IMWRITE_JPEG_QUALITY, 90])
        else:
            os.link(folder / f"{number % DRAWN:04}.jpg", path)
    return folder


def explain_folder(model: Path, folder: Path, out: Path, rounds: int, batch: int) -> Folder:
    """Each of the three in turn; the fastest round of each."""
    files = sorted(folder.iterdir())
    explainer = onnxcam.Explainer(model, provider="cpu", preprocess="imagenet")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (name,) = (given.name for given in session.get_inputs())
    arrays = np.concatenate([explainer.gather(str(path)).feeds[name] for path in files[:batch]])
    seconds: tuple[list[float], list[float], list[float]] = ([], [], [])
    for _ in range(rounds):
        begun = time.perf_counter()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for _ in pool.map(lambda path: explainer.gather(str(path)), files):
                pass
        seconds[0].append(time.perf_counter() - begun)
        begun = time.perf_counter()
        for _ in range(0, len(files), batch):
            session.run(None, {name: arrays})
        seconds[1].append(time.perf_counter() - begun)
        shutil.rmtree(out, ignore_errors=True)
        begun = time.perf_counter()
        _run_command(model, folder, out, batch)
        seconds[2].append(time.perf_counter() - begun)
    return Folder(*(len(files) / min(own) for own in seconds))


def _run_command(model: Path, folder: Path, out: Path, batch: int) -> None:
    from onnxcam.cli.main import cli

    options = ["--preprocess", "imagenet", "--provider", "cpu", "--batch-size", str(batch), "-o", str(out)]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            cli.main(["explain", str(model), str(folder), *options])
        except SystemExit as end:
            if end.code:
                raise RuntimeError(f"onnxcam explain ends with exit code {end.code}") from end


def _draw(rng: np.random.Generator, width: int, height: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Noise of ever smaller grains, each half as strong as the one before, and some sharp edges."""
    picture = np.zeros((height, width, 3), np.float32)
    grain, strength = 512, 1.0
    while grain >= 1:
        small = rng.standard_normal((height // grain + 2, width // grain + 2, 3)).astype(np.float32)
        picture += strength * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        grain, strength = grain // 2, strength * 0.6
    for _ in range(12):
        corners = rng.integers(0, (width, height), (4, 2)).astype(np.int32)
        cv2.fillPoly(picture, [corners], tuple(float(v) for v in rng.normal(0, 1.5, 3)))
    picture = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return np.clip(128 + 45 * picture, 0, 255).astype(np.uint8)
