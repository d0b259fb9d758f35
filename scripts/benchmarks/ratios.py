"""Parts of the benchmark that hold onnxcam's runs against the shipped file's own, in turns."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import peers, sides
from benchmarks.exports import INT8, NETWORKS, Export, export, quantize
from benchmarks.turns import Job, Run, Turns, take_turns

__all__ = ["MODELS", "beside_peers", "explain", "exported_files", "gradient", "targets"]

Row = dict[str, Any]
Write = Callable[[Path], Export]
EQUAL = 1e-4
"""Largest difference of two maps, of 1, that compute the same."""

MODELS: dict[str, Write] = {name: functools.partial(export, name) for name in NETWORKS}
QUANTIZED: dict[str, Write] = {
    f"{name}, int8": lambda folder, name=name: quantize(export(name, folder)) for name in INT8
}
FOR_TARGETS = ("ResNet-50", "MobileNetV2", "ViT-S/16")
FOR_GRADIENTS = ("ResNet-18", "ResNet-50", "ResNet-152", "MobileNetV2", "MobileNetV3-L")
FOR_FILES = ("ResNet-50", "MobileNetV2", "EfficientNet-B0")


def explain(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Forward alone against forward + Grad-CAM."""
    for name, write in chosen(args, {**MODELS, **QUANTIZED}):
        yield from _side_by_side(
            args, name, write(args.models), (sides.forward, sides.explanation), "forward + Grad-CAM"
        )


def targets(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """One target of each picture against five."""
    for name, write in chosen(args, MODELS, FOR_TARGETS):
        both = (sides.one_target, sides.five_targets)
        yield from _side_by_side(args, name, write(args.models), both, "five targets", first="one target")


def gradient(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Forward alone against forward + the gradient at the first convolution."""
    for name, write in chosen(args, MODELS, FOR_GRADIENTS):
        both = (sides.forward, sides.first_gradient)
        yield from _side_by_side(args, name, write(args.models), both, "forward + gradient at the first Conv")


def exported_files(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Forward alone against one run of the exported file."""
    for name, write in chosen(args, MODELS, FOR_FILES):
        made = write(args.models)
        sides.export_model(made.path, args.provider)
        yield from _side_by_side(args, name, made, (sides.forward, sides.exported), "exported file")


def beside_peers(args: argparse.Namespace, folder: Path) -> Iterator[Row]:
    """Other libraries against onnxcam; a row whose maps are not equal does not count, and says so."""
    for name, write in chosen(args, MODELS, peers.NETWORKS):
        made = write(args.models)
        for batch in args.batch:
            job = Job(made.path, args.provider, batch, made.side, made.pooled or "", name)
            for peer, (side, packages) in peers.PEERS.items():
                row = {"model": name, "provider": args.provider, "batch": batch, "library": peer}
                if not peers.installed(packages):
                    yield row | _not_measured("not installed")
                    continue
                yield row | _beside_peer(side, job, args.rounds)


def chosen(
    args: argparse.Namespace, models: dict[str, Write], names: tuple[str, ...] | None = None
) -> Iterator[tuple[str, Write]]:
    """Those of the models that are asked for."""
    for name, write in models.items():
        if (names is None or name in names) and (not args.model or name in args.model):
            yield name, write


def _side_by_side(
    args: argparse.Namespace,
    name: str,
    made: Export,
    both: tuple[Callable[[Job], Run], Callable[[Job], Run]],
    what: str,
    first: str = "forward",
) -> Iterator[Row]:
    """A row for each batch size."""
    for batch in args.batch:
        job = Job(made.path, args.provider, batch, made.side, made.first_conv, name)
        found = take_turns(both, job, args.rounds)
        one, other = found.medians
        yield {
            "model": name,
            "provider": args.provider,
            "batch": batch,
            f"{first}, ms": round(one, 1),
            f"{what}, ms": round(other, 1),
            "ratio (quartiles)": _told(found, 1),
            "peak memory, MB": " / ".join(f"{peak:.0f}" for peak in found.peaks),
        }


def _beside_peer(side: Callable[[Job], Run], job: Job, rounds: int) -> Row:
    try:
        found = take_turns((peers.onnxcam_at_layer, side), job, rounds, keeps_results=True)
    except RuntimeError as error:
        return _not_measured(str(error))
    off = peers.difference(*found.results)
    ours, theirs = found.medians
    return {
        "maps differ by": f"{off:.1e}" + ("" if off <= EQUAL else ", not the same"),
        "onnxcam, ms": round(ours, 1),
        "library, ms": round(theirs, 1),
        "times as long (quartiles)": _told(found, 1) if off <= EQUAL else "",
    }


def _not_measured(why: str) -> Row:
    return {"maps differ by": why, "onnxcam, ms": "", "library, ms": "", "times as long (quartiles)": ""}


def _told(found: Turns, side: int) -> str:
    low, middle, high = found.quartiles(side)
    return f"{middle:.3f} ({low:.3f} to {high:.3f})"
