"""Maps are brought to the input's size as pytorch-grad-cam brings them."""

from __future__ import annotations

from types import ModuleType

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from onnxcam.cam import normalize, to_input_size
from onnxcam.errors import InputError

SIZES = [
    pytest.param((7, 7), (224, 224), id="resnet"),
    pytest.param((5, 9), (97, 130), id="not-square"),
    pytest.param((1, 1), (8, 8), id="one-position"),
    pytest.param((1, 6), (32, 20), id="one-row"),
    pytest.param((64, 48), (20, 30), id="shrinking"),
    pytest.param((16, 16), (16, 16), id="same-size"),
]


def random_maps(*shape: int, seed: int = 0) -> NDArray[np.float32]:
    """Non-negative maps, half of the values 0 as after a ReLU."""
    return np.maximum(np.random.default_rng(seed).normal(size=shape), 0).astype(np.float32)


@pytest.mark.oracle
@pytest.mark.parametrize(("space", "size"), SIZES)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e5], ids=str)
def test_two_dimensions_equal_the_peer(
    peer: ModuleType, space: tuple[int, int], size: tuple[int, int], scale: float
) -> None:
    from pytorch_grad_cam.utils.image import scale_cam_image

    raw = random_maps(3, *space) * np.float32(scale)
    height, width = size
    expected = scale_cam_image(scale_cam_image(raw, (width, height)))
    np.testing.assert_allclose(to_input_size(raw, size), expected, rtol=0, atol=1e-6)


@pytest.mark.oracle
def test_normalize_equals_the_peer(peer: ModuleType) -> None:
    from pytorch_grad_cam.utils.image import scale_cam_image

    maps = np.random.default_rng(1).normal(size=(4, 6, 5)).astype(np.float32)
    np.testing.assert_allclose(normalize(maps), scale_cam_image(maps), rtol=0, atol=1e-7)


def test_normalize_is_the_formula_for_each_map_alone() -> None:
    maps = np.array([[[1, 3], [2, 5]], [[0, 0], [0, 1e-7]]], np.float32)
    expected = [[[0, 0.5], [0.25, 1]], [[0, 0], [0, 0.5]]]
    np.testing.assert_allclose(normalize(maps), expected, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 3.5, 1e6], ids=str)
@pytest.mark.parametrize(
    ("space", "size"), [((4,), (9,)), ((4, 4), (9, 9)), ((2, 3, 4), (5, 6, 7))], ids=["1d", "2d", "3d"]
)
def test_constant_map_becomes_zeros(space: tuple[int, ...], size: tuple[int, ...], value: float) -> None:
    result = to_input_size(np.full((1, *space), value, np.float32), size)
    np.testing.assert_array_equal(result, np.zeros((1, *size)))


def test_one_dimension_by_hand() -> None:
    # two samples with centres at 0.5 and 1.5 of 2, read at the centres of four: 0.25, 0.75, 1.25, 1.75 of 2
    result = to_input_size(np.array([[0, 1]], np.float32), (4,))
    np.testing.assert_allclose(result, [[0, 0.25, 0.75, 1]], atol=1e-6)


def test_one_dimension_equals_opencv() -> None:
    raw = random_maps(2, 37)
    expected = [cv2.resize(single[None], (400, 1))[0] for single in normalize(raw)]
    np.testing.assert_allclose(to_input_size(raw, (400,)), normalize(np.asarray(expected)), rtol=0, atol=3e-6)


@pytest.mark.parametrize("axis", [1, 2, 3], ids=["depth", "height", "width"])
def test_three_dimensions_hold_two(axis: int) -> None:
    flat = random_maps(2, 5, 6)
    raw = np.repeat(np.expand_dims(flat, axis), 4, axis)
    size = [20, 31]
    expected = np.repeat(np.expand_dims(to_input_size(flat, (20, 31)), axis), 7, axis)
    size.insert(axis - 1, 7)
    np.testing.assert_allclose(to_input_size(raw, tuple(size)), expected, rtol=0, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from([((6,), (50,)), ((3, 5), (24, 31)), ((2, 3, 4), (5, 9, 8))]))
def test_batch_equals_its_singles(seed: int, sizes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    space, size = sizes
    raw = random_maps(3, *space, seed=seed)
    singles = [to_input_size(raw[i : i + 1], size)[0] for i in range(3)]
    np.testing.assert_array_equal(to_input_size(raw, size), np.stack(singles))


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 1e3))
def test_scale_of_the_map_does_not_matter(seed: int, factor: float) -> None:
    raw = random_maps(1, 4, 6, seed=seed) + np.arange(24, dtype=np.float32).reshape(1, 4, 6)
    result = to_input_size(raw * np.float32(factor), (32, 40))
    np.testing.assert_allclose(result, to_input_size(raw, (32, 40)), atol=2e-6)
    assert result.min() == 0
    assert 0.9999 < result.max() <= 1


def test_nan_spoils_its_own_map_only() -> None:
    raw = random_maps(2, 4, 4)
    alone = to_input_size(raw[1:], (8, 8))
    raw[0, 1, 1] = np.nan
    result = to_input_size(raw, (8, 8))
    assert np.isnan(result[0]).any()
    np.testing.assert_array_equal(result[1:], alone)


def test_other_number_of_dimensions_is_an_error() -> None:
    with pytest.raises(InputError, match=r"1 spatial dimensions \(197,\), the model's input 2 .* --layer") as caught:
        to_input_size(np.zeros((1, 197), np.float32), (224, 224))
    assert caught.value.space == (197,)
