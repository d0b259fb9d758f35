"""How much boxes overlap, and which remain when near copies are left out."""

from __future__ import annotations

import numpy as np

from onnxcam.targets.scores import Array

__all__ = ["corners", "overlaps", "suppress"]


def corners(centred: Array) -> Array:
    """Boxes `(…, 4)` given as centre x, centre y, width, height, as left, top, right, bottom."""
    centre, half = centred[..., :2], centred[..., 2:4] / 2
    return np.concatenate([centre - half, centre + half], axis=-1)


def overlaps(boxes: Array, box: Array) -> Array:
    """Intersection over union, `(P,)` in [0, 1], of boxes `(P, 4)` with one box `(4,)`; 0 where both are empty."""
    size = np.clip(np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2]), 0, None)
    shared = size.prod(axis=1)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    union = areas + np.clip(box[2:] - box[:2], 0, None).prod() - shared
    found: Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return found


def suppress(boxes: Array, scores: Array, overlap: float = 0.5, limit: int = 100) -> list[int]:
    """Places of the boxes that remain, best first, when each leaves out the worse ones that overlap it by more.

    Args:
        boxes: `(P, 4)`.
        scores: `(P,)`; of equal ones the earlier goes first.
        overlap: Intersection over union in [0, 1].
        limit: Most boxes that are kept.
    """
    left = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(left) and len(kept) < limit:
        best, left = int(left[0]), left[1:]
        kept.append(best)
        left = left[overlaps(boxes[left], boxes[best]) <= overlap]
    return kept
