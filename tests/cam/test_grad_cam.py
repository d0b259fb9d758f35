"""Grad-CAM is equations 1 and 2 of the paper, and pytorch-grad-cam's numbers."""

from __future__ import annotations

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from onnxcam.cam import find_method, to_input_size
from onnxcam.cam.grad_cam import grad_cam
from onnxcam.errors import InputError

Layer = tuple[NDArray[np.float32], NDArray[np.float32]]


def random_layer(*shape: int, seed: int = 0) -> Layer:
    """An activation after a ReLU and a gradient, `(N, K, *space)`."""
    generator = np.random.default_rng(seed)
    activation = np.maximum(generator.normal(size=shape), 0)
    return activation.astype(np.float32), generator.normal(size=shape).astype(np.float32)


def test_by_hand() -> None:
    activation = np.array([[[[1, 2], [3, 4]], [[0, 5], [1, 0]]]], np.float32)
    gradient = np.array([[[[1, 1], [1, 5]], [[-4, 0], [0, 0]]]], np.float32)
    saliency = grad_cam(activation, gradient)
    np.testing.assert_array_equal(saliency.alpha, [[2, -1]])
    np.testing.assert_array_equal(saliency.raw, [[[2, 0], [5, 8]]])  # 2 * 2 - 5 < 0 falls to the ReLU


def test_one_dimension_by_hand() -> None:
    saliency = grad_cam(np.array([[[1, 2, 3]]], np.float32), np.array([[[3, 0, 3]]], np.float32))
    np.testing.assert_array_equal(saliency.raw, [[2, 4, 6]])


def test_float32_extremes_stay_finite_on_the_way() -> None:
    activation = np.full((1, 2, 2, 2), 1e30, np.float32)
    gradient = np.full((1, 2, 2, 2), 3e38, np.float32)  # the sum of four overflows float32, their mean does not
    gradient[:, 1] *= -1
    saliency = grad_cam(activation, gradient)
    np.testing.assert_array_equal(saliency.alpha, gradient[:, :, 0, 0])
    np.testing.assert_array_equal(saliency.raw, 0)


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        pytest.param((2, 512, 7, 7), (224, 224), id="resnet"),
        pytest.param((3, 16, 5, 9), (40, 72), id="not-square"),
        pytest.param((1, 2048, 7, 7), (224, 224), id="many-channels"),
    ],
)
def test_map_equals_the_peer(peer: ModuleType, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    activation, gradient = random_layer(*shape)
    height, width = size
    oracle = peer.GradCAM.__new__(peer.GradCAM)  # the arithmetic needs no network
    oracle.__dict__.update(detach=True, target_layers=[None], activations_and_grads=StoredLayer(activation, gradient))
    oracle.get_target_width_height = lambda _: (width, height)
    layers = oracle.compute_cam_per_layer(None, [], eigen_smooth=False)
    saliency = grad_cam(activation, gradient)
    expected = oracle.aggregate_multi_layers(layers)
    np.testing.assert_allclose(to_input_size(saliency.raw, size), expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        saliency.alpha, oracle.get_cam_weights(None, None, None, activation, gradient), rtol=0, atol=1e-6
    )


class StoredLayer:
    """What the peer's hooks would have recorded."""

    def __init__(self, activation: NDArray[np.float32], gradient: NDArray[np.float32]) -> None:
        torch = pytest.importorskip("torch")
        self.activations = [torch.from_numpy(activation)]
        self.gradients = [torch.from_numpy(gradient)]

    def release(self) -> None:
        """Called by the peer's destructor."""


@given(st.integers(0, 2**32 - 1), st.floats(1e-2, 1e2))
def test_scaling_the_logit_leaves_the_map_alone(seed: int, factor: float) -> None:
    activation, gradient = random_layer(2, 8, 4, 5, seed=seed)
    gradient += 0.1  # a map that is not all zero
    scaled = grad_cam(activation, gradient * np.float32(factor))
    plain = grad_cam(activation, gradient)
    np.testing.assert_allclose(scaled.alpha, plain.alpha * factor, rtol=1e-4, atol=1e-6 * factor)
    np.testing.assert_allclose(to_input_size(scaled.raw, (16, 20)), to_input_size(plain.raw, (16, 20)), atol=1e-4)


@given(st.integers(0, 2**32 - 1))
def test_order_of_channels_does_not_matter(seed: int) -> None:
    activation, gradient = random_layer(2, 64, 3, 4, seed=seed)
    order = np.random.default_rng(seed).permutation(64)
    shuffled = grad_cam(activation[:, order], gradient[:, order])
    plain = grad_cam(activation, gradient)
    np.testing.assert_array_equal(shuffled.alpha, plain.alpha[:, order])
    np.testing.assert_allclose(shuffled.raw, plain.raw, rtol=1e-6, atol=1e-9)


@given(st.integers(0, 2**32 - 1), st.sampled_from([(6,), (3, 4), (2, 3, 4)]))
def test_batch_equals_its_singles(seed: int, space: tuple[int, ...]) -> None:
    activation, gradient = random_layer(3, 10, *space, seed=seed)
    batch = grad_cam(activation, gradient)
    for i in range(3):
        single = grad_cam(activation[i : i + 1], gradient[i : i + 1])
        np.testing.assert_allclose(batch.raw[i], single.raw[0], rtol=1e-6, atol=1e-9)
        np.testing.assert_array_equal(batch.alpha[i], single.alpha[0])


@pytest.mark.parametrize(
    ("activation", "gradient", "message"),
    [
        pytest.param((1, 3, 4, 4), (1, 3, 4, 5), "they must be equal", id="shapes-differ"),
        pytest.param((1, 1000), (1, 1000), "no positions to map; .* --layer", id="no-space"),
        pytest.param((1, 3, 0, 4), (1, 3, 0, 4), "no positions to map", id="empty"),
    ],
)
def test_wrong_shapes_are_errors(activation: tuple[int, ...], gradient: tuple[int, ...], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        grad_cam(np.zeros(activation, np.float32), np.zeros(gradient, np.float32))
    assert caught.value.activation == activation


def test_is_registered() -> None:
    assert find_method("grad-cam") is grad_cam
