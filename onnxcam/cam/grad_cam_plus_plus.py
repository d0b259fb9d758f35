"""Grad-CAM++: positive gradients, weighted so that several small objects count as one large one does."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnxcam.cam.evidence import Evidence, Saliency
from onnxcam.cam.graphs import BOOL, by_channel, total
from onnxcam.cam.registry import in_graph, method

__all__ = ["grad_cam_plus_plus"]


@method("grad-cam++")
def grad_cam_plus_plus(evidence: Evidence) -> Saliency:
    """Each channel by its positive gradients: ReLU(sum_k alpha_k A_k), alpha_k = sum(ReLU(G_k) / (2 + G_k sum(A_k))).

    The paper has alpha_k = sum(w ReLU(Y')) and defines w by derivatives of Y by an activation A_ij of the channel:
    w = Y'' / (2 Y'' + sum(A) Y'''), where Y = exp(y) and y is the score before softmax. Where y is linear in A_ij, as
    through ReLU and convolution, Y' = exp(y) G, Y'' = exp(y) G^2 and Y''' = exp(y) G^3 with G = dy/dA_ij. So
    w = G^2 / (2 G^2 + sum(A) G^3), which is 1 / (2 + G sum(A)); where G is 0 or less, ReLU(Y') is 0 and w counts for
    nothing. The factor exp(y) in Y' is the same for all channels: it is left out, for it would scale nothing but `raw`,
    and overflow. The sums run in float64.

    The paper has activations after a ReLU, so that w is between 0 and 1/2 where it counts. Before one, sum(A) may be
    negative and w of any size and sign; where its denominator is exactly 0, w is 0.

    Others depart from the paper: pytorch-grad-cam adds 1e-6 to the denominator, which drowns gradients below 1e-3, as
    behind global average pooling; torch-cam sums G^3 A over space in place of G^3 sum(A); tf-keras-vis keeps exp(y),
    and scales w to sum to 1 in each channel; xplique takes the mean of A for its sum, and means for the sum over w.

    Source: Chattopadhyay et al., Grad-CAM++, WACV 2018 (arXiv 1710.11063, equation 19 for w).
    """
    activation, gradient = evidence.flat
    positive = np.maximum(gradient, 0).astype(np.float64)
    denominators = 2 + positive * activation.sum(axis=2, dtype=np.float64, keepdims=True)
    weighted = np.divide(positive, denominators, out=np.zeros_like(positive), where=denominators != 0)
    count = int(np.any(denominators < 1, axis=(0, 2)).sum())
    note = (
        f"grad-cam++ presumes activations that add up to 0 or more, and in {count} of {positive.shape[1]} channels "
        "they add up to so little that weights are large or negative. Name a layer behind a ReLU with --layer"
    )
    return evidence.by_channel(weighted.sum(axis=2), (note,) if count else ())


@in_graph("grad-cam++")
def grad_cam_plus_plus_in_graph(op: Any, activation: Any, gradient: Any) -> Any:
    """As `grad_cam_plus_plus`, as nodes."""
    positive = op.Relu(gradient)
    denominators = op.Add(op.Mul(positive, total(op, activation)), 2.0)
    weighted = op.Where(op.Cast(denominators, to=BOOL), op.Div(positive, denominators), 0.0)
    return by_channel(op, total(op, weighted), activation)
