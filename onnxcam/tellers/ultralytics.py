"""What Ultralytics' exporters write into the metadata of a YOLO model."""

from __future__ import annotations

import ast
from typing import Any

from onnxcam.imaging import PRESETS
from onnxcam.tellers.registry import Place, Subject, Told, teller

__all__ = ["ultralytics"]

PAD = 114


@teller(Place.METADATA)
def ultralytics(subject: Subject) -> Told | None:
    """RGB in [0, 1]: a letterbox for detectors and their kin, the centre for classifiers.

    YOLOv5 writes `stride` and `names` alone; its classifiers take ImageNet's mean and standard deviation.
    Source: Ultralytics' `LetterBox` and `classify_transforms`, YOLOv5's `classify_transforms`.
    """
    metadata = subject.model.metadata
    if not {"stride", "names"} <= metadata.keys():
        return None
    task = metadata.get("task") or ("classify" if len(subject.scores) == 2 else "detect")
    settings: dict[str, Any] = {"channel_order": "gray" if metadata.get("channels") == "1" else "rgb", "scale": 1 / 255}
    if task == "classify":
        settings |= {"resize": "shortest", "crop_ratio": 1.0, "crop": _size(metadata.get("imgsz"))}
        if "task" not in metadata:
            settings |= {"mean": PRESETS["imagenet"].mean, "std": PRESETS["imagenet"].std}
    else:
        settings |= {"resize": "letterbox", "pad": PAD, "size": _size(metadata.get("imgsz"))}
    return Told("Ultralytics' metadata in the file", settings)


def _size(text: str | None) -> tuple[int, int] | None:
    """`[640, 640]` or `640` as height and width."""
    try:
        found = ast.literal_eval(text or "")
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    sides = (found, found) if isinstance(found, int) else found
    is_size = isinstance(sides, (list, tuple)) and len(sides) == 2 and all(type(side) is int for side in sides)
    return (sides[0], sides[1]) if is_size and min(sides) > 0 else None
