"""Small detectors of each family: a layer at stride 8 of an input of 32 x 32, and the family's head behind it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import numpy as np

from tests.conftest import Write

__all__ = ["HEADS", "Head", "write_detector"]


@dataclasses.dataclass(frozen=True)
class Head:
    """A head.

    Attributes:
        body: Its nodes, from `curve`, `(N, 4, 4, 4)`; P stands for the number of boxes.
        outputs: The model's outputs, the scores first.
        convs: The 1 x 1 convolutions among the nodes by name: output channels, size of the weights, bias.
        classes: How many classes it has.
        told: What the explainer is told of it besides the family.
    """

    body: str
    outputs: str
    convs: dict[str, tuple[int, float, float]]
    classes: int = 3
    told: dict[str, Any] = dataclasses.field(default_factory=dict)


def conv(*names: str, of: str = "curve") -> str:
    """1 x 1 convolutions."""
    return "".join(f"{name} = Conv({of}, w_{name}, b_{name})\n" for name in names)


def rows(name: str, of: str) -> str:
    """`(N, C, h, w)` as `(N, P, C)`."""
    return f"r_{name} = Reshape({of}, flat)\n{name} = Transpose <perm = [0, 2, 1]> (r_{name})\n"


def joined(name: str, *parts: str) -> str:
    """Channels behind each other."""
    return f"{name} = Concat <axis = 1> ({', '.join(parts)})\n"


KINDS = conv("kind") + rows("z", "kind")
SIGMOID = KINDS + "y = Sigmoid(z)\n"
YOLO = conv("box", "kind") + "p = Sigmoid(kind)\n" + joined("all", "box", "p")
BARE = conv("box", "sure", "kind") + "p = Sigmoid(sure)\n" + joined("all", "box", "p", "kind")
CORNERS = conv("low", "size") + "e = Exp(size)\n high = Add(low, e)\n" + joined("c", "low", "high") + rows("boxes", "c")
SIDES = conv("box") + "s = Softplus(box)\n" + rows("boxes", "s")
POOLS = """near = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (curve)
far = MaxPool <kernel_shape = [4, 4], strides = [4, 4]> (curve)
"""
TWO_SCALES = POOLS + conv("n_kind", "n_box", "n_centre", of="near") + conv("f_kind", "f_box", "f_centre", of="far")
TWO_SCALES += (
    "n_side = Softplus(n_box)\n f_side = Softplus(f_box)\n" + rows("n_rows", "n_kind") + rows("f_rows", "f_kind")
)
TWO_SCALES += "z = Concat <axis = 1> (n_rows, f_rows)\n y = Sigmoid(z)\n"
FACES = POOLS + conv("n_kind", "n_box", of="near") + conv("f_kind", "f_box", of="far")
for level in "nf":
    for part, width in (("kind", 1), ("box", 16)):
        FACES += f"{level}_{part}_last = Transpose <perm = [0, 2, 3, 1]> ({level}_{part})\n"
        FACES += f"{level}_{part}s = Reshape({level}_{part}_last, to_{width})\n"
FACES += "y = Concat <axis = 1> (n_kinds, f_kinds)\n"
QUERIES = """all = Flatten(curve)
a = MatMul(all, w_y)
b = MatMul(all, w_boxes)
s = HardSigmoid(b)
y = Reshape(a, as_y)
boxes = Reshape(s, as_boxes)
"""
ANCHORS = {"anchors": [[2.0 * i, 1.0 * i, 2.0 * i + 9, 1.0 * i + 9] for i in range(16)], "weights": [10, 10, 5, 5]}
BOX, SIZES = {"box": (4, 1, 0)}, {"low": (2, 2, 0), "size": (2, 1, 0)}

HEADS = {
    "yolov8": Head(YOLO + "y = Reshape(all, flat)", "y[N, 7, P]", {"box": (4, 8, 16), "kind": (3, 3, -2)}),
    "yolov5": Head(YOLO + rows("y", "all"), "y[N, P, 8]", {"box": (4, 8, 60), "kind": (4, 4, 0)}),
    "yolov5, logits": Head(
        BARE + rows("y", "all"), "y[N, P, 8]", {"box": (4, 8, 60), "sure": (1, 3, 0), "kind": (3, 2, -5)}
    ),
    "yolox, high logits": Head(
        BARE + rows("y", "all"), "y[N, P, 8]", {"box": (4, 1, 0), "sure": (1, 3, 0), "kind": (3, 2, 5)}
    ),
    "yolox": Head(YOLO + rows("y", "all"), "y[N, P, 8]", {"box": (4, 1, 0), "kind": (4, 4, 0)}),
    "blazeface": Head(
        FACES,
        "y[N, 14, 1], n_boxs[N, 8, 16], f_boxs[N, 6, 16]",
        {"n_kind": (2, 2, 0), "n_box": (32, 3, 0), "f_kind": (6, 2, 0), "f_box": (96, 3, 0)},
        classes=1,
    ),
    "gfl": Head(
        SIGMOID + conv("bins") + rows("dfl", "bins"),
        "y[N, P, 3], dfl[N, P, 32]",
        {"kind": (3, 3, -2), "bins": (32, 1, 0)},
    ),
    "ssd": Head(
        KINDS + "y = Softmax <axis = 2> (z)\n" + CORNERS,
        "y[N, P, 5], boxes[N, P, 4]",
        {"kind": (5, 2, 0), **SIZES},
        classes=4,
    ),
    "ssd, sigmoid": Head(SIGMOID + CORNERS, "y[N, P, 3], boxes[N, P, 4]", {"kind": (3, 3, 0), **SIZES}),
    "anchors": Head(
        SIGMOID + conv("box") + rows("boxes", "box"),
        "y[N, P, 3], boxes[N, P, 4]",
        {"kind": (3, 3, 0), **BOX},
        told=ANCHORS,
    ),
    "anchors, background": Head(
        SIGMOID + conv("box") + rows("boxes", "box"),
        "y[N, P, 5], boxes[N, P, 4]",
        {"kind": (5, 3, 0), **BOX},
        4,
        {**ANCHORS, "background": True},
    ),
    "fcos": Head(
        SIGMOID + SIDES + conv("centre") + rows("centred", "centre"),
        "y[N, P, 3], boxes[N, P, 4], centred[N, P, 1]",
        {"kind": (3, 2, 0), "centre": (1, 4, 0), **BOX},
    ),
    "fcos, no centredness": Head(SIGMOID + SIDES, "y[N, P, 3], boxes[N, P, 4]", {"kind": (3, 2, 0), **BOX}),
    "fcos, two scales": Head(
        TWO_SCALES,
        "y[N, 5, 3], n_side[N, 4, 2, 2], f_side[N, 4, 1, 1], n_centre[N, 1, 2, 2], f_centre[N, 1, 1, 1]",
        {f"{at}_{name}": (c, 3, 0) for at in "nf" for name, c in (("kind", 3), ("box", 4), ("centre", 1))},
        told={"strides": [16, 32]},
    ),
    "detr": Head(QUERIES, "y[N, 9, 5], boxes[N, 9, 4]", {}, classes=4),
    "detr, few queries": Head(QUERIES, "y[N, 4, 6], boxes[N, 4, 4]", {}, classes=5),
    "detr, no background": Head(QUERIES, "y[N, 9, 5], boxes[N, 9, 4]", {}, 5, {"background": False}),
}
"""Heads by family, and a word on what is special."""


def write_detector(write_model: Write, name: str, *, is_open: bool = False) -> tuple[Path, dict[str, Any]]:
    """A detector, and what the explainer is told of its head."""
    head, rng = HEADS[name], np.random.default_rng(1)
    size, places = ("H, W", "P") if is_open else ("32, 32", "16")
    shapes = dict(re.findall(r"(\w+)\[(.*?)\]", head.outputs.replace("P", places)))
    outputs = ", ".join(f"float[{shape}] {output}" for output, shape in shapes.items())
    start = "conv = Conv <strides = [8, 8]> (x, w, shift)\n curve = Tanh(conv)\n"
    text = f"g (float[N, 3, {size}] x) => ({outputs}) {{\n{start}{head.body}\n}}"
    weights: dict[str, Any] = {"w": rng.standard_normal((4, 3, 8, 8)) / 9, "shift": rng.standard_normal(4) / 2}
    for key, (channels, scale, bias) in head.convs.items():
        drawn = rng.standard_normal((channels, 4, 1, 1))
        weights[f"w_{key}"] = 2 * scale * drawn / np.abs(drawn).sum(1, keepdims=True)  # so that no class is the largest
        weights[f"b_{key}"] = np.full(channels, float(bias))
    if head.body is QUERIES:
        for output, shape in shapes.items():
            queries, width = map(int, shape.split(", ")[1:])
            weights[f"w_{output}"] = rng.standard_normal((64, queries * width)) / 2
            weights[f"as_{output}"] = np.array([0, queries, width])
    weights |= {"flat": np.array([0, 0, -1]), "to_1": np.array([0, -1, 1]), "to_16": np.array([0, -1, 16])}
    used = {k: a if a.dtype == np.int64 else a.astype(np.float32) for k, a in weights.items() if k in text}
    return write_model(text, **used), {"family": name.split(",")[0], **head.told}
