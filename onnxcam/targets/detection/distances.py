"""Heads whose boxes are distances from a cell's point to the four sides."""

from __future__ import annotations

import numpy as np

from onnxcam.targets.detection.heads import Detections, Heads, decoder, sigmoid, softmax
from onnxcam.targets.scores import Array

__all__ = ["fcos", "gfl"]

BINS = (8, 16, 17, 11)
"""Bins of a side's distribution: PicoDet and NanoDet have 8, others 16 or 17."""


@decoder("gfl")
def gfl(heads: Heads) -> Detections | None:
    """Classes `(N, P, C)` and beside them distributions of the distances, `(N, P, 4·bins)`, in strides.

    PicoDet and NanoDet; the points lie in the middle of the cells. One tensor for each scale, or all in one.

    Source: Li et al., Generalized Focal Loss, 2020, equation 5.
    """
    grid = heads.cells()
    if grid is None:
        return None
    for bins in BINS:
        rows = heads.rows(4 * bins)
        if rows is not None and heads.columns.shape[1] != 4 * bins:
            bins_of_sides = rows.reshape(*rows.shape[:2], 4, bins)
            sides = softmax(bins_of_sides) @ np.arange(bins, dtype=np.float32)
            return Detections(_around(*grid, sides), heads.probabilities())
    return None


@decoder("fcos")
def fcos(heads: Heads) -> Detections | None:
    """Classes `(N, P, C)`, distances `(N, P, 4)` in strides, and centredness `(N, P, 1)`, where there is one.

    Its square root weighs the classes' probabilities, as in torchvision.

    Source: Tian et al., FCOS, 2019, equations 1 and 3.
    """
    grid, rows = heads.cells(), heads.rows(4)
    if grid is None or rows is None or rows.min() < 0 or heads.columns.shape[1] == 4:
        return None
    probabilities, centred = heads.probabilities(), heads.rows(1)
    if centred is not None and heads.columns.shape[1] != 1:
        probabilities = np.sqrt(probabilities * sigmoid(centred))
    return Detections(_around(*grid, rows), probabilities)


def _around(cells: Array, strides: Array, sides: Array) -> Array:
    """Boxes around the middle of each cell, from the distances to the left, top, right and bottom in strides."""
    centres = (cells + 0.5) * strides
    return np.concatenate([centres - sides[..., :2] * strides, centres + sides[..., 2:] * strides], axis=-1)
