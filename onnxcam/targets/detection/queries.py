"""Heads of transformers: a fixed number of queries, each with a box and classes."""

from __future__ import annotations

import numpy as np

from onnxcam.targets.detection.heads import Detections, Heads, decoder, sigmoid, softmax
from onnxcam.targets.detection.suppression import corners

__all__ = ["detr"]


@decoder("detr")
def detr(heads: Heads) -> Detections | None:
    """Logits `(N, Q, C + 1)`, the last class none, and boxes `(N, Q, 4)`: centre and size in shares of the input.

    With `"background": false` in the settings there is no such class and each is a sigmoid's, as in Deformable DETR and
    RT-DETR.

    Source: Carion et al., End-to-End Object Detection with Transformers, 2020, section 3.
    """
    logits = heads.scores.logits.astype(np.float32)
    if logits.ndim != 3:
        return None
    boxes = heads.rows(4, logits.shape[1])
    if boxes is None or logits.shape[2] == 4 or boxes.min() < 0 or boxes.max() > 1:
        return None
    height, width = heads.size
    scale = np.array([width, height, width, height], np.float32)
    probabilities = softmax(logits)[..., :-1] if heads.settings.get("background", True) else sigmoid(logits)
    return Detections(corners(boxes) * scale, probabilities, class_axis=2)
