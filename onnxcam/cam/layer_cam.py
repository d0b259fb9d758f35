"""LayerCAM: as HiResCAM with the positive gradients alone, which holds for early layers too."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.cam.graphs import by_position
from onnxcam.cam.registry import in_graph, method

__all__ = ["layer_cam"]


@method("layer-cam")
def layer_cam(evidence: Evidence) -> Saliency:
    """Positive gradient times activation at each position: ReLU(sum_k ReLU(G_k) A_k).

    No channel has one weight, so alpha is None. The sum runs in float64. pytorch-grad-cam computes the same. Several
    layers are averaged, as for every method; torch-cam takes the maximum of tanh(2 m) over their maps m.

    Source: Jiang et al., LayerCAM: Exploring Hierarchical Class Activation Maps for Localization, IEEE Transactions on
    Image Processing 30, 2021.
    """
    activation, gradient = evidence.flat
    return evidence.by_position(np.einsum("nkp,nkp->np", np.maximum(gradient, 0), activation, dtype=np.float64))


@in_graph("layer-cam")
def layer_cam_in_graph(op: Any, activation: Any, gradient: Any) -> Any:
    """As `layer_cam`, as nodes."""
    return by_position(op, op.Relu(gradient), activation)
