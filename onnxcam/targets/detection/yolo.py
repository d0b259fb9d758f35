"""YOLO's heads: boxes and classes beside each other in one tensor."""

from __future__ import annotations

import numpy as np

from onnxcam.targets.detection.heads import Detections, Heads, decoder
from onnxcam.targets.detection.suppression import corners
from onnxcam.targets.scores import Array

__all__ = ["yolov5", "yolov8", "yolox"]

LARGEST_OFFSET = 32
"""Centres in pixels reach further than this; those in cells, and logarithms of sizes, do not."""


@decoder("yolov8")
def yolov8(heads: Heads) -> Detections | None:
    """Columns `(N, 4 + C, P)`: centre and size in pixels, classes in [0, 1]. YOLOv9 and YOLOv11 write the same.

    Source: Ultralytics, the head `Detect` as exported.
    """
    columns = heads.columns
    is_first = heads.scores.class_axis == 1 or heads.settings.get("family") == "yolov8"
    if not is_first or columns.shape[1] < 5 or heads.cells() is None or heads.scores.before:
        return None
    return Detections(corners(columns[:, :4].transpose(0, 2, 1)), heads.probabilities(4), first=4)


@decoder("yolov5")
def yolov5(heads: Heads) -> Detections | None:
    """Rows `(N, P, 5 + C)`: centre and size in pixels, objectness and classes in [0, 1], which are multiplied.

    YOLOv5, v6 and v7 write them, YOLOX with its decoding, and FastestDet.

    Source: Ultralytics, YOLOv5's head `Detect` as exported.
    """
    if not _is_rows(heads) or heads.columns[:, :4].max() <= LARGEST_OFFSET:
        return None
    return _scored(heads, corners(heads.columns[:, :4].transpose(0, 2, 1)))


@decoder("yolox")
def yolox(heads: Heads) -> Detections | None:
    """Rows `(N, P, 5 + C)`: offset from the cell and logarithm of the size in strides, objectness and classes.

    Source: Ge et al., YOLOX: Exceeding YOLO Series in 2021, section 2.
    """
    grid = heads.cells()
    if not _is_rows(heads) or grid is None:
        return None
    (cells, strides), columns = grid, heads.columns[:, :4].transpose(0, 2, 1)
    centred = np.concatenate([(columns[..., :2] + cells) * strides, np.exp(columns[..., 2:]) * strides], axis=-1)
    return _scored(heads, corners(centred))


def _is_rows(heads: Heads) -> bool:
    is_named = heads.settings.get("family") in {"yolov5", "yolox"}
    is_last = heads.scores.class_axis == 2 and not heads.scores.before and heads.cells((1, 3)) is not None
    return heads.columns.shape[1] >= 6 and (is_named or is_last)


def _scored(heads: Heads, boxes: Array) -> Detections:
    objectness = heads.columns[:, 4, :, None]
    return Detections(boxes, objectness * heads.probabilities(5), first=5)
