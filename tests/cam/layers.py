"""Layers for the tests of methods: random ones, and what a peer's hooks would have recorded of them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

__all__ = ["StoredLayer", "random_layer"]

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


def random_layer(*shape: int, seed: int = 0) -> Layer:
    """An activation after a ReLU and a gradient, `(N, K, *space)`."""
    generator = np.random.default_rng(seed)
    activation = np.maximum(generator.normal(size=shape), 0)
    return activation.astype(np.float32), generator.normal(size=shape).astype(np.float32)


class StoredLayer:
    """What pytorch-grad-cam's hooks would have recorded."""

    def __init__(self, activation: NDArray[np.float32], gradient: NDArray[np.float32]) -> None:
        torch = pytest.importorskip("torch")
        self.activations = [torch.from_numpy(activation)]
        self.gradients = [torch.from_numpy(gradient)]

    def release(self) -> None:
        """Called by the peer's destructor."""
