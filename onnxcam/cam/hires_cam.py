"""HiResCAM: the gradient is not averaged, each position keeps its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.cam.graphs import by_position
from onnxcam.cam.registry import in_graph, method

__all__ = ["hires_cam"]


@method("hires-cam")
def hires_cam(evidence: Evidence) -> Saliency:
    """Gradient times activation at each position: ReLU(sum_k G_k A_k).

    No channel has one weight, so alpha is None. The sum runs in float64. Where the rest of the model is linear, as
    behind global average pooling, the map before its ReLU adds up to the score less the bias. The ReLU is applied as by
    pytorch-grad-cam, whose numbers these are.

    Source: Draelos and Carin, Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural
    networks, arXiv 2011.08891.
    """
    activation, gradient = evidence.flat
    return evidence.by_position(np.einsum("nkp,nkp->np", gradient, activation, dtype=np.float64))


@in_graph("hires-cam")
def hires_cam_in_graph(op: Any, activation: Any, gradient: Any) -> Any:
    """As `hires_cam`, as nodes."""
    return by_position(op, gradient, activation)
