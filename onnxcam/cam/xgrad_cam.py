"""XGrad-CAM: a channel's gradient is averaged over where the channel is active."""

from __future__ import annotations

import numpy as np

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.cam.registry import method

__all__ = ["xgrad_cam"]


@method("xgrad-cam")
def xgrad_cam(evidence: Evidence) -> Saliency:
    """Each channel by its gradient where it is active: ReLU(sum_k alpha_k A_k), alpha_k = sum(G_k A_k) / sum(A_k).

    The sums are over space and run in float64. With these weights a channel's map adds up to sum(G_k A_k), which no
    weight does where A_k adds up to 0: alpha_k is 0 there, as it should be for a channel that is 0 everywhere. The
    paper has activations after a ReLU; before one they may add up to nearly 0, and alpha_k is large. pytorch-grad-cam
    adds 1e-7 to the denominator, torch-cam 1e-8.

    Source: Fu et al., Axiom-based Grad-CAM, BMVC 2020 (arXiv 2008.02312).
    """
    activation, gradient = evidence.flat
    products = np.einsum("nkp,nkp->nk", gradient, activation, dtype=np.float64)
    sums = activation.sum(axis=2, dtype=np.float64)
    return evidence.by_channel(np.divide(products, sums, out=np.zeros_like(sums), where=sums != 0))
