"""Grad-CAM++'s weights are the paper's, with derivatives that PyTorch takes of exp(y)."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.cam import Evidence
from onnxcam.cam.grad_cam_plus_plus import grad_cam_plus_plus

torch = pytest.importorskip("torch", reason="the oracle PyTorch is not installed")


@pytest.mark.oracle
@pytest.mark.parametrize("space", [(4,), (2, 3), (2, 1, 2)], ids=["1d", "2d", "3d"])
def test_weights_are_the_papers_with_derivatives_by_autograd(space: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    activation = rng.uniform(0, 1, (1, 2, *space))
    slopes = torch.from_numpy(rng.normal(size=(1, 2, *space)))
    a = torch.from_numpy(activation).requires_grad_()
    score = (a * slopes).sum()  # linear in A, as behind ReLU and convolution
    (gradient,) = torch.autograd.grad(score, a, retain_graph=True)
    (first,) = torch.autograd.grad(score.exp(), a, create_graph=True)
    weights = np.zeros((1, 2))
    for at in np.ndindex(activation.shape):
        (second,) = torch.autograd.grad(first[at], a, create_graph=True)
        (third,) = torch.autograd.grad(second[at], a, retain_graph=True)
        w = second[at] / (2 * second[at] + a[at[:2]].sum() * third[at])
        weights[at[:2]] += (w * torch.relu(first[at])).item()
    found = grad_cam_plus_plus(Evidence(activation.astype(np.float32), gradient.numpy().astype(np.float32))).alpha
    assert found is not None
    np.testing.assert_allclose(found * np.exp(score.item()), weights, rtol=1e-5)


def test_small_gradients_keep_their_weight() -> None:
    """Gradients of 1e-5, as behind global average pooling of a large layer: w stays near 1/2."""
    activation = np.ones((1, 1, 2, 2), np.float32)
    found = grad_cam_plus_plus(Evidence(activation, np.full_like(activation, 1e-5))).alpha
    np.testing.assert_allclose(found, [[4 * 1e-5 / (2 + 4e-5)]], rtol=1e-6)
