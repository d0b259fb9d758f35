"""Every method against its paper, written once more in loops, against pytorch-grad-cam, and against laws."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from onnxcam.cam import Evidence, find_method, method_names, to_input_size
from onnxcam.errors import InputError
from tests.cam.layers import StoredLayer, random_layer

Array = NDArray[Any]
Weigh = Callable[[Array, Array, int, tuple[int, ...]], float]


def places(array: Array) -> Iterator[tuple[int, ...]]:
    return itertools.product(*map(range, array.shape[1:]))


def mean_gradient(a: Array, g: Array, k: int, at: tuple[int, ...]) -> float:
    """Grad-CAM, equation 1."""
    return sum(float(g[k][p]) for p in places(g)) / math.prod(g.shape[1:])


def own_gradient(a: Array, g: Array, k: int, at: tuple[int, ...]) -> float:
    """HiResCAM."""
    return float(g[k][at])


def own_positive_gradient(a: Array, g: Array, k: int, at: tuple[int, ...]) -> float:
    """LayerCAM."""
    return max(float(g[k][at]), 0.0)


def gradient_by_share(a: Array, g: Array, k: int, at: tuple[int, ...]) -> float:
    """XGrad-CAM: the gradient weighted by each position's share of the channel's activation."""
    total = sum(float(a[k][p]) for p in places(a))
    return sum(float(a[k][p]) / total * float(g[k][p]) for p in places(a)) if total else 0.0


def by_three_derivatives(a: Array, g: Array, k: int, at: tuple[int, ...]) -> float:
    """Grad-CAM++, with the derivatives of exp(y) where y = 0."""
    weight = 0.0
    for p in places(g):
        first, second, third = (float(g[k][p]) ** order for order in (1, 2, 3))
        denominator = 2 * second + sum(float(a[k][q]) * third for q in places(a))
        weight += (second / denominator if denominator else 0.0) * max(first, 0.0)
    return weight


@dataclasses.dataclass(frozen=True)
class Row:
    """What is known of a method.

    Attributes:
        weigh: The weight of channel k at a position, from a sample's activation and gradient, `(K, *space)`.
        has_alpha: Whether that weight is the same at every position.
        is_linear: Whether the map grows with the gradient by the same factor.
        peer: The class of pytorch-grad-cam that computes the same.
        gradient: The size of gradients at which it does: it adds 1e-6 to their squares.
    """

    weigh: Weigh
    peer: str
    has_alpha: bool = True
    is_linear: bool = True
    gradient: float = 1.0


ROWS = {
    "grad-cam": Row(mean_gradient, "GradCAM"),
    "grad-cam++": Row(by_three_derivatives, "GradCAMPlusPlus", is_linear=False, gradient=1e4),
    "hires-cam": Row(own_gradient, "HiResCAM", has_alpha=False),
    "layer-cam": Row(own_positive_gradient, "LayerCAM", has_alpha=False),
    "xgrad-cam": Row(gradient_by_share, "XGradCAM"),
}
SPACES = {"1d": (6,), "2d": (3, 4), "3d": (2, 3, 2), "one-position": (1, 1)}

every_method = pytest.mark.parametrize("name", ROWS)
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def test_every_method_has_a_row() -> None:
    assert tuple(sorted(ROWS)) == method_names()


@every_method
@every_space
def test_equals_the_paper(name: str, space: tuple[int, ...]) -> None:
    activation, gradient = random_layer(2, 5, *space)
    activation[0, 1] = 0  # a channel that is never active
    gradient[1, 2] = 0  # one that plays no part
    saliency = find_method(name)(Evidence(activation, gradient))
    for sample in range(2):
        a, g = activation[sample], gradient[sample]
        for at in places(a):
            summed = sum(ROWS[name].weigh(a, g, k, at) * float(a[k][at]) for k in range(5))
            assert saliency.raw[sample][at] == pytest.approx(max(summed, 0.0), rel=1e-5, abs=1e-6)
        if ROWS[name].has_alpha:
            assert saliency.alpha is not None
            wanted = [ROWS[name].weigh(a, g, k, (0,) * len(space)) for k in range(5)]
            np.testing.assert_allclose(saliency.alpha[sample], wanted, rtol=1e-5, atol=1e-6)
    assert (saliency.raw.shape, saliency.raw.dtype) == ((2, *space), np.float32)
    assert (saliency.alpha is not None) == ROWS[name].has_alpha
    assert saliency.alpha is None or (saliency.alpha.shape, saliency.alpha.dtype) == ((2, 5), np.float32)
    assert saliency.notes == ()


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        pytest.param((2, 512, 7, 7), (224, 224), id="resnet"),
        pytest.param((3, 16, 5, 9), (40, 72), id="not-square"),
        pytest.param((1, 2048, 7, 7), (224, 224), id="many-channels"),
    ],
)
@every_method
def test_map_equals_the_peer(peer: ModuleType, name: str, shape: tuple[int, ...], size: tuple[int, int]) -> None:
    activation, gradient = random_layer(*shape)
    gradient *= ROWS[name].gradient
    height, width = size
    kind = getattr(peer, ROWS[name].peer)
    oracle = kind.__new__(kind)  # the arithmetic needs no network
    oracle.__dict__.update(detach=True, target_layers=[None], activations_and_grads=StoredLayer(activation, gradient))
    oracle.get_target_width_height = lambda _: (width, height)
    expected = oracle.aggregate_multi_layers(oracle.compute_cam_per_layer(None, [], eigen_smooth=False))
    saliency = find_method(name)(Evidence(activation, gradient))
    np.testing.assert_allclose(to_input_size(saliency.raw, size), expected, rtol=0, atol=1e-5)
    if saliency.alpha is not None:
        weights = oracle.get_cam_weights(None, None, None, activation, gradient)
        np.testing.assert_allclose(saliency.alpha, weights, rtol=1e-5, atol=1e-6)


@pytest.mark.oracle
@every_method
def test_volumes_equal_the_peer(peer: ModuleType, name: str) -> None:
    """At the layer's resolution: volumes are resized in another way than there."""
    activation, gradient = random_layer(2, 16, 3, 4, 5)
    gradient *= ROWS[name].gradient
    kind = getattr(peer, ROWS[name].peer)
    oracle = kind.__new__(kind)
    oracle.activations_and_grads = StoredLayer(activation, gradient)
    expected = np.maximum(oracle.get_cam_image(None, None, None, activation, gradient, eigen_smooth=False), 0)
    raw = find_method(name)(Evidence(activation, gradient)).raw
    np.testing.assert_allclose(raw, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.is_linear])
@given(st.integers(0, 2**32 - 1), st.floats(1e-2, 1e2))
def test_scaling_the_logit_leaves_the_map_alone(name: str, seed: int, factor: float) -> None:
    activation, gradient = random_layer(2, 8, 4, 5, seed=seed)
    gradient += 0.1  # a map that is not all zero
    scaled = find_method(name)(Evidence(activation, gradient * np.float32(factor)))
    plain = find_method(name)(Evidence(activation, gradient))
    np.testing.assert_allclose(scaled.raw, plain.raw * factor, rtol=1e-4, atol=1e-6 * factor)
    np.testing.assert_allclose(to_input_size(scaled.raw, (16, 20)), to_input_size(plain.raw, (16, 20)), atol=1e-4)


@every_method
@given(st.integers(0, 2**32 - 1))
def test_order_of_channels_does_not_matter(name: str, seed: int) -> None:
    activation, gradient = random_layer(2, 64, 3, 4, seed=seed)
    order = np.random.default_rng(seed).permutation(64)
    shuffled = find_method(name)(Evidence(activation[:, order], gradient[:, order]))
    plain = find_method(name)(Evidence(activation, gradient))
    np.testing.assert_allclose(shuffled.raw, plain.raw, rtol=1e-6, atol=1e-9)
    if plain.alpha is not None:
        np.testing.assert_allclose(shuffled.alpha, plain.alpha[:, order], rtol=1e-6, atol=1e-9)


@every_method
@given(st.integers(0, 2**32 - 1), st.sampled_from([(6,), (3, 4), (2, 3, 4)]))
def test_batch_equals_its_singles(name: str, seed: int, space: tuple[int, ...]) -> None:
    activation, gradient = random_layer(3, 10, *space, seed=seed)
    batch = find_method(name)(Evidence(activation, gradient))
    for i in range(3):
        single = find_method(name)(Evidence(activation[i : i + 1], gradient[i : i + 1]))
        np.testing.assert_allclose(batch.raw[i], single.raw[0], rtol=1e-6, atol=1e-9)
        if batch.alpha is not None:
            np.testing.assert_allclose(batch.alpha[i], single.alpha[0], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.is_linear])
@given(st.integers(0, 2**32 - 1), st.sampled_from([(6,), (3, 4), (2, 3, 4)]))
def test_behind_pooling_and_a_linear_layer_the_map_is_cam(name: str, seed: int, space: tuple[int, ...]) -> None:
    """dy/dA_k is the class's weight of channel k over the number of positions: CAM, Zhou et al. 2016."""
    activation, _ = random_layer(2, 8, *space, seed=seed)
    weights = np.random.default_rng(seed).normal(size=8)
    weights = np.abs(weights) if name == "layer-cam" else weights  # it drops what speaks against the class
    shape = (1, 8, *[1] * len(space))
    gradient = np.broadcast_to(weights.reshape(shape) / math.prod(space), activation.shape).astype(np.float32)
    cam = np.maximum((weights.reshape(shape) * activation).sum(axis=1), 0).astype(np.float32)
    found = find_method(name)(Evidence(activation, gradient)).raw
    np.testing.assert_allclose(found * math.prod(space), cam, rtol=1e-5, atol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_hires_cam_and_xgrad_cam_conserve_the_sum_of_gradient_times_activation(seed: int) -> None:
    """Before the ReLU; positive gradients keep the ReLU out of it."""
    activation, gradient = random_layer(2, 8, 4, 5, seed=seed)
    gradient = np.abs(gradient)
    wanted = (gradient.astype(np.float64) * activation).sum(axis=(1, 2, 3))
    for name in ("hires-cam", "layer-cam", "xgrad-cam"):
        raw = find_method(name)(Evidence(activation, gradient)).raw
        np.testing.assert_allclose(raw.sum(axis=(1, 2), dtype=np.float64), wanted, rtol=1e-5)


@every_method
@every_space
@pytest.mark.parametrize("empty", ["activation", "gradient"])
def test_nothing_gives_nothing(name: str, space: tuple[int, ...], empty: str) -> None:
    activation, gradient = random_layer(2, 4, *space)
    layer = {"activation": activation, "gradient": gradient} | {empty: np.zeros_like(activation)}
    saliency = find_method(name)(Evidence(**layer))
    np.testing.assert_array_equal(saliency.raw, 0)
    if saliency.alpha is not None:
        assert np.isfinite(saliency.alpha).all()
        assert empty == "activation" or not saliency.alpha.any()


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if row.is_linear])
def test_sums_over_channels_run_in_double_precision(name: str) -> None:
    """2^30 + 1 - 2^30: float32 would lose the one."""
    activation = np.array([2.0**30, 1, -(2.0**30)], np.float32).reshape(1, 3, 1, 1)
    saliency = find_method(name)(Evidence(activation, np.ones_like(activation)))
    np.testing.assert_array_equal(saliency.raw, [[[1]]])


@pytest.mark.parametrize("name", [name for name in ROWS if name != "grad-cam"])  # its mean is in float32, as the peer's
def test_sums_over_space_run_in_double_precision(name: str) -> None:
    """2^30 - 2^30 + 1, among 200 positions: float32 would lose the one."""
    activation = np.ones((1, 1, 4, 50), np.float32)
    gradient = np.zeros_like(activation)
    gradient[0, 0, 0, :3] = [2.0**30, -(2.0**30), 1]
    a, g = activation[0], gradient[0]
    found = find_method(name)(Evidence(activation, gradient)).raw[0][0, 2]
    assert found == pytest.approx(ROWS[name].weigh(a, g, 0, (0, 2)), rel=1e-5)


@every_method
def test_what_float32_cannot_hold_is_its_largest_number(name: str) -> None:
    activation = np.full((1, 2, 2, 2), 3e38, np.float32)
    saliency = find_method(name)(Evidence(activation, np.full_like(activation, 3e38)))
    assert np.isfinite(saliency.raw).all()
    assert saliency.alpha is None or np.isfinite(saliency.alpha).all()
    if ROWS[name].is_linear:
        np.testing.assert_array_equal(saliency.raw, np.finfo(np.float32).max)


@pytest.mark.parametrize("name", ["grad-cam++", "xgrad-cam"])
def test_a_denominator_of_zero_gives_no_weight(name: str) -> None:
    """Before a ReLU a channel may add up to zero, or to -2 / G: the second channel alone counts."""
    sums = {"grad-cam++": [-1.0, -1.0, -1.0, 1.0], "xgrad-cam": [-1.0, -1.0, 1.0, 1.0]}[name]
    activation = np.array([sums, [0, 0, 0, 1]], np.float32).reshape(1, 2, 2, 2)
    gradient = np.ones_like(activation)
    saliency = find_method(name)(Evidence(activation, gradient))
    assert saliency.alpha is not None
    assert saliency.alpha[0, 0] == 0
    assert len(saliency.notes) == 1
    assert "in 1 of 2 channels" in saliency.notes[0]
    assert saliency.notes[0].endswith("Name a layer behind a ReLU with --layer")
    np.testing.assert_array_equal(saliency.raw[0] > 0, [[False, False], [False, True]])


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
        Evidence(np.zeros(activation, np.float32), np.zeros(gradient, np.float32))
    assert caught.value.activation == activation
