"""How much the map moves when the picture hardly does."""

from __future__ import annotations

import math

import numpy as np

from onnxcam.metrics.ordering import chance
from onnxcam.metrics.registry import metric
from onnxcam.metrics.subject import Subject

__all__ = ["sensitivity"]

SAMPLES = 10
RADIUS = 0.02  # by the tensor's range


@metric("sensitivity-mean", family="faithfulness", unit="ratio", better="lower", needs=("tensor", "remap"))
@metric("sensitivity-max", family="faithfulness", unit="ratio", better="lower", needs=("tensor", "remap"))
def sensitivity(subject: Subject) -> dict[str, float]:
    """How far the map moves under noise, by its own size: |map(x + e) - map(x)| / |map(x)|, the largest and the mean.

    Norms are Euclidean. Of 10 samples of e, each value uniform within 2 % of the tensor's range, which the map's values
    seed. The paper's is a maximum over the whole ball, estimated by samples too, and not divided by the map's norm;
    Captum and Quantus divide, as here, so that sizes of input can be compared. NaN for a map of zeros.

    Source: Yeh et al., On the (In)fidelity and Sensitivity of Explanations, NeurIPS 2019 (max-sensitivity);
    Bhatt et al., Evaluating and Aggregating Feature-based Model Explanations, IJCAI 2020 (average
    sensitivity).
    """
    if subject.is_empty:
        return {"sensitivity-max": math.nan, "sensitivity-mean": math.nan}
    tensor = subject.picture
    noise = chance(subject.map, "sensitivity").random((SAMPLES, *tensor.shape), np.float32) * 2 - 1
    moved = subject.maps(tensor + noise * (RADIUS * np.ptp(tensor))).astype(np.float64) - subject.map
    ratios = np.linalg.norm(moved, axis=(1, 2)) / np.linalg.norm(subject.map.astype(np.float64))
    return {"sensitivity-max": float(ratios.max()), "sensitivity-mean": float(ratios.mean())}
