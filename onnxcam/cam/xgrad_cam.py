"""XGrad-CAM: a channel's gradient is averaged over where the channel is active."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.cam.graphs import BOOL, by_channel, total
from onnxcam.cam.registry import in_graph, method

__all__ = ["xgrad_cam"]

CANCELLING = 0.1
"""Share of the sum of absolute values below which a sum counts as cancelling."""


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
    alpha = np.divide(products, sums, out=np.zeros_like(sums), where=sums != 0)
    return evidence.by_channel(alpha, _notes(activation, sums))


@in_graph("xgrad-cam")
def xgrad_cam_in_graph(op: Any, activation: Any, gradient: Any) -> Any:
    """As `xgrad_cam`, as nodes."""
    products = total(op, op.Mul(gradient, activation))
    sums = total(op, activation)
    return by_channel(op, op.Where(op.Cast(sums, to=BOOL), op.Div(products, sums), 0.0), activation)


def _notes(activation: NDArray[np.float32], sums: NDArray[np.float64]) -> tuple[str, ...]:
    """Rounding and chance decide a weight whose denominator is a small difference of large sums."""
    if activation.min() >= 0:
        return ()
    is_cancelling = np.abs(sums) < CANCELLING * np.abs(activation).sum(axis=2, dtype=np.float64)
    count = int(is_cancelling.any(axis=0).sum())
    if not count:
        return ()
    return (
        f"xgrad-cam divides by each channel's sum over space, and in {count} of {sums.shape[1]} channels that nearly "
        "cancels: their weights mean little. Name a layer behind a ReLU with --layer",
    )
