"""Grad-CAM: channels weighted by their mean gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.cam.registry import Saliency, method
from onnxcam.errors import InputError

__all__ = ["grad_cam"]


@method("grad-cam")
def grad_cam(activation: NDArray[np.float32], gradient: NDArray[np.float32]) -> Saliency:
    """alpha_k = mean over space of dy/dA_k, raw = ReLU(sum_k alpha_k A_k).

    Activation and gradient are `(N, K, *space)` with one spatial dimension or more. Both sums run in float64, so that
    the map depends neither on the order of the channels nor on the batch.

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
    alpha = gradient.mean(axis=tuple(range(2, gradient.ndim)), dtype=np.float64)
    weighted = np.einsum("nk,nk...->n...", alpha, activation)
    raw = np.maximum(weighted, 0)
    return Saliency(raw=raw.astype(np.float32), alpha=alpha.astype(np.float32))
