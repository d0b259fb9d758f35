"""Grad-CAM: channels weighted by their mean gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.cam.graphs import by_channel, mean
from onnxcam.cam.registry import in_graph, method

__all__ = ["grad_cam"]


@method("grad-cam")
def grad_cam(evidence: Evidence) -> Saliency:
    """Each channel by its mean gradient: ReLU(sum_k alpha_k A_k), alpha_k = mean(G_k).

    A is the activation, G = dy/dA its gradient, the mean is over space. The sum over channels runs in float64, so that
    the map depends neither on their order nor on the batch.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017, equations 1 and 2.
    """
    _, gradient = evidence.flat
    positions = gradient.shape[2]
    # As a matrix product: several times faster than numpy's reduction.
    return evidence.by_channel(gradient @ np.full(positions, 1 / positions, np.float32))


@in_graph("grad-cam")
def grad_cam_in_graph(op: Any, activation: Any, gradient: Any) -> Any:
    """As `grad_cam`, as nodes."""
    return by_channel(op, mean(op, gradient), activation)
