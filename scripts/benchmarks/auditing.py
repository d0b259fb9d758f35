"""An audit against what it cannot do without: the same pictures decoded, and run through the shipped file alone."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
from benchmarks.networks import MobileNetV2, ResNet, save
from shapes_pictures import CLASSES, draw_picture

import onnxcam
from onnxcam.auditing.decoding import decoded_batches
from onnxcam.datasets import DataSet, open_dataset
from onnxcam.samples import join

__all__ = ["NETWORKS", "Stretch", "audit_beside_forward", "audits", "draw_pictures"]

NETWORKS = {"ResNet-50": (ResNet((3, 4, 6, 3)), 20), "MobileNetV2": (MobileNetV2(), 1)}
"""With the share of the pictures that it is shown, as a divisor."""
BATCH = 8

DRAWN = 600
"""Pictures that differ; more are these again, under other names."""


@dataclasses.dataclass(frozen=True)
class Stretch:
    """A part of the data set.

    Attributes:
        done: Pictures up to its end.
        audited: Pictures a second, by the audit.
        plain: Pictures a second, decoded and run through the file alone, in the same way.
        memory: What the process holds at its end, MB.
    """

    done: int
    audited: float
    plain: float
    memory: float


def audits(args: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Pictures a second of an audit and of decoding and the forward alone, and what the process holds."""
    pictures = draw_pictures(folder / "pictures", args.pictures)
    for model, (network, divisor) in NETWORKS.items():
        path, _, _ = save(network, folder)
        count = args.pictures // divisor
        stops = (count,) if count < args.pictures else tuple(count * share // 20 for share in (1, 10, 20))
        for one in audit_beside_forward(path, pictures, folder / model, stops, BATCH, args.provider):
            yield {
                "model": model,
                "provider": args.provider,
                "pictures": one.done,
                "decode + forward, /s": round(one.plain, 1),
                "audit, /s": round(one.audited, 1),
                "rate": round(one.audited / one.plain, 3),
                "memory, MB": round(one.memory),
            }


def draw_pictures(folder: Path, count: int, size: tuple[int, int] = (320, 240)) -> Path:
    """That many JPEG files, a folder for each class."""
    files = []
    for number in range(min(count, DRAWN)):
        picture = draw_picture("held-out", number, size)
        path = folder / CLASSES[picture.class_index] / f"{number:06}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture.pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])
        files.append(path)
    for number in range(len(files), count):
        source = files[number % len(files)]
        os.link(source, source.with_name(f"{number:06}.jpg"))
    return folder


def audit_beside_forward(
    model: Path, pictures: Path, folder: Path, stops: tuple[int, ...], batch: int, provider: str
) -> Iterator[Stretch]:
    """In turns: a stretch of the audit, then the same pictures through the file alone; up to the last stop."""
    explainer = onnxcam.Explainer(model, provider=provider, preprocess="imagenet")
    session = onnxruntime.InferenceSession(model, providers=[f"{provider.upper()}ExecutionProvider"])
    whole = open_dataset(pictures)
    count = stops[-1]
    dataset = dataclasses.replace(whole, records=lambda: itertools.islice(whole.records(), count), count=count)
    found: list[Stretch] = []
    begun = 0
    mark = time.perf_counter()

    def report(done: int, total: int | None) -> None:
        nonlocal begun, mark
        if len(found) == len(stops) or done < stops[len(found)]:
            return
        audited = (done - begun) / (time.perf_counter() - mark)
        mark = time.perf_counter()
        for decoded in decoded_batches(_between(dataset, begun, done), batch, [explainer.gather]):
            feeds = join([one.samples[0] for one in decoded]).feeds
            session.run(None, {name: np.asarray(array) for name, array in feeds.items()})
        found.append(Stretch(done, audited, (done - begun) / (time.perf_counter() - mark), _held()))
        begun, mark = done, time.perf_counter()

    onnxcam.audit(
        model,
        dataset,
        folder,
        provider=provider,
        preprocess="imagenet",
        batch_size=batch,
        rows="jsonl",
        has_report=False,
        report=report,
    )
    yield from found


def _between(dataset: DataSet, start: int, stop: int) -> Iterator[onnxcam.datasets.Record]:
    return itertools.islice(iter(dataset), start, stop)


def _held() -> float:
    (line,) = [text for text in Path("/proc/self/status").read_text().splitlines() if text.startswith("VmRSS:")]
    return int(line.split()[1]) / 1000
