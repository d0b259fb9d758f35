"""Heads with default boxes: decoded ones beside their classes, or offsets from anchors."""

from __future__ import annotations

import numpy as np

from onnxcam.targets.detection.heads import Detections, Heads, decoder, sigmoid
from onnxcam.targets.detection.suppression import corners
from onnxcam.targets.scores import Array

__all__ = ["anchors", "blazeface", "ssd"]

MOST_EXP = 4.135  # log(1000 / 16), where torchvision and Detectron clip the logarithm of a size


@decoder("blazeface")
def blazeface(heads: Heads) -> Detections | None:
    """One score a box and `(N, 896, 16)`: centre's offset and size in pixels of the input, and six points.

    Two anchors a cell at stride 16, six at stride 32, in the middle of the cells.

    Source: Bazarevsky et al., BlazeFace, 2019, section 3.2.
    """
    height, width = heads.size
    rows = heads.rows(16)
    levels = [(height // s, width // s, s, each) for s, each in ((16, 2), (32, 6))]
    if rows is None or heads.columns.shape[1] != 1 or heads.count != sum(h * w * each for h, w, _, each in levels):
        return None
    centres = []
    for h, w, stride, each in levels:
        y, x = np.mgrid[:h, :w]
        centres.append(np.repeat((np.stack([x.ravel(), y.ravel()], 1) + 0.5) * stride, each, axis=0))
    centred = rows[..., :4].copy()
    centred[..., :2] += np.concatenate(centres)
    return Detections(corners(centred), sigmoid(heads.columns.transpose(0, 2, 1)))


@decoder("anchors")
def anchors(heads: Heads) -> Detections | None:
    """Offsets `(N, P, 4)` from anchors that the settings give, `(P, 4)` corners in pixels, as SSD's and RetinaNet's.

    `variances` divides by [10, 10, 5, 5] in SSD and by ones in RetinaNet, which is the default; `background` says
    whether the first class is none.

    Source: Liu et al., SSD, 2016, equation 2; Lin et al., Focal Loss, 2017, section 4.
    """
    given = heads.settings.get("anchors")
    if given is None:
        return None
    boxes, rows = np.asarray(given, np.float32), heads.rows(4)
    if rows is None or boxes.shape != (heads.count, 4):
        return None
    weights = np.asarray(heads.settings.get("weights", (1, 1, 1, 1)), np.float32)
    size, offsets = boxes[:, 2:] - boxes[:, :2], rows / weights
    centre = boxes[:, :2] + size / 2 + offsets[..., :2] * size
    extent = np.exp(np.minimum(offsets[..., 2:], MOST_EXP)) * size
    return _with_classes(heads, corners(np.concatenate([centre, extent], axis=-1)))


@decoder("ssd")
def ssd(heads: Heads) -> Detections | None:
    """Classes `(N, P, C)` and decoded corners `(N, P, 4)`, in pixels or in shares of the input.

    Behind a softmax the first class is the background.
    """
    if heads.scores.class_axis != 2 and heads.settings.get("family") != "ssd":
        return None
    rows = heads.rows(4)
    if rows is None or heads.columns.shape[1] == 4 or not _are_corners(rows):
        return None
    height, width = heads.size
    scale = np.array([width, height, width, height], np.float32) if np.abs(rows).max() <= 4 else np.float32(1)
    return _with_classes(heads, rows * scale)


def _are_corners(rows: Array) -> bool:
    """Whether right and bottom are behind left and top, of nearly all."""
    return bool(((rows[..., 2] > rows[..., 0]) & (rows[..., 3] > rows[..., 1])).mean() > 0.99)


def _with_classes(heads: Heads, boxes: Array) -> Detections:
    has_background = heads.settings.get("background", "Softmax" in heads.scores.before)
    first = 1 if has_background and heads.columns.shape[1] > 1 else 0
    return Detections(boxes, heads.probabilities()[..., first:], first=first)
