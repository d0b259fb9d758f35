"""Makes what the README's examples of heads explain, in `models/heads/`: one body, four ends.

    discs.png, red.png      three discs, and a red one alone
    segment.onnx            which of three colours each position has, or none
    detect.onnx             boxes around discs, as YOLOv8's head writes them
    embed.onnx              a picture as a vector
    redness.onnx            one number: how much red there is

    python scripts/make_heads.py [FOLDER]

Nothing is trained: the body's channels answer to discs of one colour each. The same files come out every time.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from PIL import Image, ImageDraw

FOLDER = Path(__file__).resolve().parents[1] / "models" / "heads"
SIZE = (96, 128)
STRIDE = 8
RADIUS = 13
DISCS = {"red": (30, 30), "green": (95, 40), "blue": (60, 72)}
"""Where each colour's middle lies in `discs.png`: x and y, pixels."""

BODY = """
    near = Conv <strides = [8, 8], pads = [9, 9, 9, 9]> (picture, colours, threshold)
    found = Relu(near)
    mixed = Conv <pads = [1, 1, 1, 1]> (found, mixing)
    features = Relu(mixed)
"""
ENDS = {
    "segment": (
        "float[N, 4, 12, 16] scores",
        "scores = Conv(features, classes, background)",
    ),
    "detect": (
        "float[N, 7, 192] boxes",
        """logits = Conv(features, likeness, rarity)   flat = Reshape(logits, cells)   sure = Sigmoid(flat)
        none = Mul(flat, nothing)   shift = ReduceSum <keepdims = 1> (none, channel)   placed = Add(places, shift)
        boxes = Concat <axis = 1> (placed, sure)""",
    ),
    "embed": ("float[N, 3] embedding", "pooled = GlobalAveragePool(features)   embedding = Flatten(pooled)"),
    "redness": (
        "float[N, 1] redness",
        "pooled = GlobalAveragePool(features)   flat = Flatten(pooled)   redness = MatMul(flat, amount)",
    ),
}
LABELS = {"segment": ["background", *DISCS], "detect": list(DISCS)}


def main(folder: Path) -> None:
    """Write the six files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (output, end) in ENDS.items():
        text = f"""<ir_version: 8, opset_import: ["" : 17]>
        {name} (float[N, 3, 96, 128] picture) => ({output}) {{ {BODY} {end} }}"""
        write_model(folder / f"{name}.onnx", text, LABELS.get(name, []))
    draw(DISCS, 0).save(folder / "discs.png")
    draw({"red": (90, 60)}, 1).save(folder / "red.png")


def draw(discs: dict[str, tuple[int, int]], seed: int) -> Image.Image:
    """Discs on grey noise."""
    noise = np.random.default_rng(seed).normal(110, 8, (*SIZE, 3))
    picture = Image.fromarray(np.clip(np.rint(noise), 0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(picture)
    for colour, (x, y) in discs.items():
        fill = {"red": (200, 60, 60), "green": (60, 190, 60), "blue": (60, 60, 210)}[colour]
        pen.ellipse((x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS), fill=fill)
    return picture


def constants() -> dict[str, NDArray[np.float32] | NDArray[np.int64]]:
    """Weights: a blob of one colour less the others, the mean around it, and what each end makes of three channels."""
    at = np.abs(np.arange(19) - 9)
    blob = np.exp(-(at[:, None] ** 2 + at**2) / 60)
    colours = (1.5 * np.eye(3) - 0.5)[:, :, None, None] * blob / blob.sum()
    y, x = np.mgrid[: SIZE[0] // STRIDE, : SIZE[1] // STRIDE]
    centres = (np.stack([x.ravel(), y.ravel()]) + 0.5) * STRIDE
    places = np.concatenate([centres, np.full_like(centres, 2 * RADIUS)])
    mixing = np.eye(3)[:, :, None, None] * np.outer([1, 2, 1], [1, 2, 1]) / 16
    return {
        "colours": colours.astype(np.float32),
        "threshold": np.full(3, -0.08, np.float32),
        "mixing": mixing.astype(np.float32),
        "classes": np.concatenate([np.zeros((1, 3)), 20 * np.eye(3)])[:, :, None, None].astype(np.float32),
        "background": np.array([1, 0, 0, 0], np.float32),
        "likeness": (40 * np.eye(3))[:, :, None, None].astype(np.float32),
        "rarity": np.full(3, -4, np.float32),
        "nothing": np.zeros((1, 3, 1), np.float32),
        "channel": np.array([1]),
        "places": places[None].astype(np.float32),
        "cells": np.array([0, 3, -1]),
        "amount": np.array([[10], [0], [0]], np.float32),
    }


def write_model(path: Path, text: str, labels: list[str]) -> None:
    """The graph in `text` with the constants that it reads, its class names, and how pictures become its input."""
    model = onnx.parser.parse_model(text)
    read = {name for node in model.graph.node for name in node.input}
    model.graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in constants().items() if n in read)
    if labels:
        model.metadata_props.add(key="labels", value=",".join(labels))
    model.metadata_props.add(key="Image.BitmapPixelFormat", value="Rgb8")
    model.metadata_props.add(key="Image.NominalPixelRange", value="Normalized_0_1")
    model.producer_name = "onnxcam"
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
