"""Figures of shipped models on annotated photographs, against a second computation of each from its definition."""

from __future__ import annotations

import csv
import dataclasses
import json
import math
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.auditing import audit
from onnxcam.imaging import Geometry
from onnxcam.metrics import find_metrics
from tests.auditing.pictures import read_rows
from tests.shared import shared

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Edges = tuple[int, int, int, int]

DOG: Edges = (78, 14, 165, 148)
CAT: Edges = (46, 119, 198, 224)
PICTURES: dict[str, tuple[str, str, list[Edges]]] = {
    "dog.png": ("images/both.png", "dog", [DOG]),
    "cat.png": ("images/both.png", "cat", [CAT]),
    "pets.png": ("images/both.png", "dog", [CAT, DOG]),
    "raccoons.jpg": ("images/raccoon/raccoon-117.jpg", "dog", [(99, 123, 266, 324), (341, 100, 570, 297)]),
}
"""File, what is explained, and the boxes as drawn by hand: left, top, right, bottom, from 0."""


@dataclasses.dataclass(frozen=True)
class Case:
    """A model, what it calls the animals, how it is given which pictures."""

    model: str
    classes: dict[str, int | str]
    preprocess: dict[str, Any] | None = None
    pictures: tuple[str, ...] = tuple(PICTURES)


CAFFE = {"channel_order": "bgr", "scale": 1.0, "mean": [104, 117, 123]}
CAT_OR_DOG: tuple[str, dict[str, int | str]] = ("customvision-cat-or-dog-op7", {"dog": "dog", "cat": "cat"})
CASES = {
    # Bull mastiff and tabby in ImageNet; the crop cuts the boxes.
    "squeezenet, cropped": Case(
        "squeezenet-fp16-caffe2",
        {"dog": 243, "cat": 281},
        {**CAFFE, "size": [256, 256], "resize": "shortest"},
        ("dog.png", "cat.png", "raccoons.jpg"),
    ),
    "cat or dog, stretched": Case(*CAT_OR_DOG),
    "cat or dog, in a letterbox": Case(
        *CAT_OR_DOG, {"channel_order": "bgr", "scale": 1.0, "resize": "letterbox"}, ("raccoons.jpg",)
    ),
}


def inside(box: Edges, geometry: Geometry) -> Mask:
    """The pixels of the model's input whose centres come from within a box of the picture."""
    within = []
    for axis, size in ((1, geometry.input[0]), (0, geometry.input[1])):
        start, stop = geometry.placement[axis], geometry.placement[axis + 2]
        first, last = geometry.box[axis], geometry.box[axis + 2]
        centres = [
            (place + 0.5, first + (place + 0.5 - start) * (last - first) / (stop - start)) for place in range(size)
        ]
        within.append([start < here < stop and box[axis] <= there < box[axis + 2] for here, there in centres])
    down, across = np.array(within[0]), np.array(within[1])
    return np.asarray(down[:, None] & across)


def rank_accuracy(saliency: Floats, mask: Mask) -> float:
    """Value by value from the highest: of the last, as many as there is room for, with the share that lies inside."""
    places = room = int(mask.sum())
    hits = 0.0
    values, which, counts = np.unique(saliency, return_inverse=True, return_counts=True)
    held = np.bincount(which.ravel(), mask.ravel())
    for at in range(len(values) - 1, -1, -1):
        taken = min(room, int(counts[at]))
        hits += taken * held[at] / counts[at]
        room -= taken
        if not room:
            break
    return hits / places


def iou(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / (one | other).sum())


def box_of(places: list[tuple[int, int]]) -> Edges:
    rows, columns = zip(*places, strict=True)
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def box_iou(saliency: Floats, masks: list[Mask]) -> float:
    """The largest part that hangs together, by flooding; then two rectangles' areas by their edges."""
    left_over = {(int(y), int(x)) for y, x in np.argwhere(saliency >= 0.15 * saliency.max())}
    largest: list[tuple[int, int]] = []
    for start in sorted(left_over):
        if start not in left_over:
            continue
        left_over.remove(start)
        queue, part = deque([start]), [start]
        while queue:
            y, x = queue.popleft()
            near = {(y + down, x + right) for down in (-1, 0, 1) for right in (-1, 0, 1)} & left_over
            left_over -= near
            queue.extend(near)
            part.extend(near)
        largest = max(largest, part, key=len)
    found = box_of(largest)
    best = 0.0
    for mask in masks:
        drawn = box_of([(int(y), int(x)) for y, x in np.argwhere(mask)])
        across = min(found[2], drawn[2]) - max(found[0], drawn[0])
        down = min(found[3], drawn[3]) - max(found[1], drawn[1])
        common = max(across, 0) * max(down, 0)
        areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (found, drawn)]
        best = max(best, common / (sum(areas) - common))
    return best


def located(saliency: Floats, masks: list[Mask]) -> dict[str, float]:
    union = np.logical_or.reduce(masks)
    return {
        "pointing-game": float(any(union[y, x] for y, x in np.argwhere(saliency == saliency.max()))),
        "energy-inside": float((saliency * union).sum() / saliency.sum()),
        "rank-accuracy": rank_accuracy(saliency, union),
        **{f"iou-{percent}": iou(saliency / saliency.max() >= percent / 100, union) for percent in (15, 25, 50)},
        "box-iou-15": box_iou(saliency, masks),
    }


def shaped(saliency: Floats) -> dict[str, float]:
    height, width = saliency.shape
    shares = saliency / saliency.sum()
    falling = sorted(shares.ravel(), reverse=True)
    y, x = ((np.indices(saliency.shape).T + 0.5) / (height, width)).T
    quarters = [((abs(y - down) < 1 / 4) & (abs(x - right) < 1 / 4)) for down in (0, 1) for right in (0, 1)]
    return {
        "complexity": float(saliency.sum() / (height * width)),
        "entropy": -sum(p * math.log(p) for p in falling if p > 0),
        "coverage-50": (1 + int(np.argmax(np.cumsum(falling) >= 0.5))) / (height * width),
        "centre-x": float((shares * x).sum()),
        "centre-y": float((shares * y).sum()),
        "border-energy": float(shares[np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) < 1 / 8].sum()),
        "corner-energy": max(float(shares[quarter].sum()) for quarter in quarters),
    }


def write_manifest(folder: Path, case: Case) -> Path:
    """The case's pictures, and a table with a row for each of their boxes."""
    path = folder / "manifest.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "label", "box"])
        for name in case.pictures:
            source, animal, boxes = PICTURES[name]
            (folder / name).symlink_to(shared(source))
            table.writerows([name, case.classes[animal], ",".join(str(edge) for edge in box)] for box in boxes)
    return path


COUNTED = {"pointing-game", "rank-accuracy", "iou-15", "iou-25", "iou-50", "box-iou-15", "coverage-50"}
"""Where a value that another order of sums moves over a threshold counts as a whole pixel."""


@pytest.mark.parametrize("name", CASES)
def test_rows_hold_what_the_map_and_the_boxes_say(name: str, tmp_path: Path, figure: Callable[[str], None]) -> None:
    case = CASES[name]
    model, preprocess = shared(f"models/{case.model}/model.onnx"), None
    if case.preprocess:
        preprocess = tmp_path / "preprocess.json"
        preprocess.write_text(json.dumps(case.preprocess))
    manifest, out = write_manifest(tmp_path, case), tmp_path / "out"
    audit(model, manifest, out, target="label", provider="cpu", preprocess=preprocess, rows="jsonl", has_report=False)
    rows = {str(row["key"]): row for row in read_rows(out)}
    assert set(rows) == set(case.pictures)
    explainer = onnxcam.Explainer(model, provider="cpu", preprocess=preprocess)
    for key, row in rows.items():
        _, animal, boxes = PICTURES[key]
        found = explainer.explain(tmp_path / key, case.classes[animal])
        saliency = found.map[0].astype(np.float64)
        masks = [inside(box, found.pictures[0].geometry) for box in boxes]
        expected = {**located(saliency, masks), **shaped(saliency)}
        told = {one: float(str(row[one])) for one in expected}
        whole = {one.name for one in find_metrics() if not {"probe", "remap"} & set(one.needs)}
        assert set(expected) == whole, "each figure that takes no further run is computed here"
        assert row["error"] is None
        assert row["regions"] == len(boxes)
        for one, value in expected.items():
            assert told[one] == pytest.approx(value, abs=3e-4 if one in COUNTED else 1e-5), one
        shown = ("pointing-game", "energy-inside", "rank-accuracy", "iou-25", "box-iou-15", "entropy", "border-energy")
        gap = max(abs(told[one] - expected[one]) for one in expected)
        figure(f"{name}, {key}: " + ", ".join(f"{one} {told[one]:.3f}" for one in shown) + f"; gap {gap:.0e}")
