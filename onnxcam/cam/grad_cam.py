"""Grad-CAM: channels weighted by their mean gradient."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from onnxcam.cam.registry import Saliency, method
from onnxcam.errors import InputError

__all__ = ["grad_cam"]


@method("grad-cam")
def grad_cam(activation: NDArray[np.float32], gradient: NDArray[np.float32]) -> Saliency:
    """alpha_k = mean over space of dy/dA_k, raw = ReLU(sum_k alpha_k A_k).

    Activation and gradient are `(N, K, *space)` with one spatial dimension or more. The sum over channels runs in
    float64, so that the map depends neither on their order nor on the batch.

    Raises:
        InputError: the two shapes differ, or the layer has no spatial dimension or an empty one.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017, equations 1 and 2.
    """
    if activation.shape != gradient.shape:
        raise InputError(
            f"the activation has shape {activation.shape}, its gradient {gradient.shape}; they must be equal.",
            activation=activation.shape,
            gradient=gradient.shape,
        )
    if activation.ndim < 3 or 0 in activation.shape[1:]:
        raise InputError(
            f"the layer's activation {activation.shape} has no positions to map; expected (N, K, *space). "
            "Choose a layer before the pooling or flattening with --layer; onnxcam inspect lists them.",
            activation=activation.shape,
        )
    n, k, *space = activation.shape
    positions = math.prod(space)
    # As matrix products: several times faster than numpy's reductions over two axes.
    alpha = gradient.reshape(n, k, positions) @ np.full(positions, 1 / positions, np.float32)
    weighted = alpha[:, None, :].astype(np.float64) @ activation.reshape(n, k, positions)
    raw = np.maximum(weighted, 0).astype(np.float32)
    return Saliency(raw=raw.reshape(n, *space), alpha=alpha)
