"""What the model sees is found again on the original picture, within a pixel."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging import PRESETS, Box, Geometry, Preprocess, frame, to_tensor

FRAMINGS = {
    "stretch": PRESETS["unit"],
    "crop": dataclasses.replace(PRESETS["unit"], resize="shortest"),
    "letterbox": dataclasses.replace(PRESETS["unit"], resize="letterbox", pad=0),
}
LETTERBOX = Geometry((100, 200), Box(0, 0, 200, 100), (64, 64), Box(0, 16, 64, 48))
CROP = Geometry((40, 80), Box(25, 5, 55, 35), (60, 60), Box(0, 0, 60, 60))


def spot(height: int, width: int, x: float, y: float, sigma: float) -> NDArray[np.uint8]:
    """A grey Gaussian spot with its centre at (x, y), `(H, W, 3)`."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    values = 255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * sigma**2))
    return np.repeat(np.rint(values).astype(np.uint8)[..., None], 3, 2)


def centroid(saliency: NDArray[np.float32]) -> tuple[float, float]:
    """Centre of mass (x, y), continuous pixels."""
    rows, columns = np.mgrid[: saliency.shape[0], : saliency.shape[1]] + 0.5
    return (saliency * columns).sum() / saliency.sum(), (saliency * rows).sum() / saliency.sum()


@settings(deadline=None)
@given(
    framing=st.sampled_from(sorted(FRAMINGS)),
    original=st.tuples(st.integers(20, 300), st.integers(20, 300)),
    model=st.tuples(st.integers(16, 200), st.integers(16, 200)),
    place=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_spot_survives_the_round_trip(
    framing: str, original: tuple[int, int], model: tuple[int, int], place: tuple[float, float]
) -> None:
    geometry = frame(FRAMINGS[framing], original, model)
    shrinking = max(geometry.box.width / geometry.placement.width, geometry.box.height / geometry.placement.height, 1)
    sigma = 1.5 * shrinking
    room = geometry.box.width - 8 * sigma, geometry.box.height - 8 * sigma
    assume(min(room) > 0)  # the spot lies wholly within what the model sees
    x = geometry.box.left + 4 * sigma + place[0] * room[0]
    y = geometry.box.top + 4 * sigma + place[1] * room[1]

    tensor, found = to_tensor(spot(*original, x, y, sigma), FRAMINGS[framing], height=model[0], width=model[1])
    assert found == geometry
    assert centroid(tensor[0]) == pytest.approx(geometry.to_input(x, y), abs=0.5)

    returned = geometry.to_original(tensor[0])
    assert returned.shape == original
    assert centroid(returned) == pytest.approx((x, y), abs=0.5)
    row, column = np.unravel_index(returned.argmax(), original)
    assert np.hypot(column + 0.5 - x, row + 0.5 - y) < 1 + shrinking


@given(
    st.sampled_from(sorted(FRAMINGS)),
    st.tuples(st.integers(1, 500), st.integers(1, 500)),
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.floats(-10, 510),
    st.floats(-10, 510),
)
def test_points_there_and_back(
    framing: str, original: tuple[int, int], model: tuple[int, int], x: float, y: float
) -> None:
    geometry = frame(FRAMINGS[framing], original, model)
    assert geometry.to_original_point(*geometry.to_input(x, y)) == pytest.approx((x, y), abs=1e-6)
    box, placement = geometry.box, geometry.placement
    assert geometry.to_input(box.left, box.top) == pytest.approx(placement[:2])
    assert geometry.to_input(box.right, box.bottom) == pytest.approx(placement[2:])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("original", [(37, 90), (400, 300), (1, 1)], ids=str)
def test_values_stay_within_what_the_model_saw(framing: str, original: tuple[int, int]) -> None:
    geometry = frame(FRAMINGS[framing], original, (64, 48))
    saliency = np.full((64, 48), 5, np.float32)  # 5 in the padding, which must not show
    inner = np.random.default_rng(0).uniform(1, 2, saliency[geometry.placement.slices].shape)
    saliency[geometry.placement.slices] = inner
    result = geometry.to_original(saliency)
    seen = result[geometry.seen.slices]
    assert seen.min() >= 1 - 1e-6
    assert seen.max() <= 2 + 1e-6
    assert np.count_nonzero(result) == seen.size


def test_same_size_is_the_identity() -> None:
    saliency = np.random.default_rng(0).uniform(size=(9, 7)).astype(np.float32)
    np.testing.assert_array_equal(frame(PRESETS["unit"], (9, 7), (9, 7)).to_original(saliency), saliency)


def test_crop_by_hand() -> None:
    saliency = np.tile(np.arange(60, dtype=np.float32) + 0.5, (60, 1))  # the map's value is its x, continuous pixels
    result = CROP.to_original(saliency)
    assert CROP.seen == (25, 5, 55, 35)
    expected = 2 * (np.arange(25, 55) + 0.5 - 25)
    np.testing.assert_allclose(result[5:35, 25:55], np.tile(expected, (30, 1)), atol=1e-5)
    result[5:35, 25:55] = 0
    np.testing.assert_array_equal(result, 0)


def test_letterbox_by_hand() -> None:
    assert LETTERBOX.to_input(100, 50) == (32, 32)
    assert LETTERBOX.to_original_point(0, 16) == (0, 0)
    saliency = np.zeros((64, 64), np.float32)
    saliency[16:48] = np.arange(32)[:, None]  # the first row of the picture is 0, the last 31
    saliency[:16], saliency[48:] = -1, -1
    column = LETTERBOX.to_original(saliency)[:, 0]
    np.testing.assert_allclose(column, np.clip((np.arange(100) + 0.5) * 0.32 - 0.5, 0, 31), atol=1e-5)


@pytest.mark.parametrize(
    ("box", "seen"),
    [
        pytest.param(Box(0.4, 0.6, 3.5, 2.51), (0, 1, 3, 3), id="by-pixel-centres"),
        pytest.param(Box(1.6, 2.1, 2.4, 2.3), (2, 2, 3, 3), id="never-empty"),
    ],
)
def test_seen_pixels(box: Box, seen: tuple[int, int, int, int]) -> None:
    assert Geometry((4, 4), box, (8, 8), Box(0, 0, 8, 8)).seen == seen


def test_map_of_another_size_is_an_error() -> None:
    with pytest.raises(InputError, match=r"the map has shape \(7, 7\), the model's input is \(64, 64\)") as caught:
        LETTERBOX.to_original(np.zeros((7, 7), np.float32))
    assert caught.value.expected == (64, 64)


def test_spec_with_a_crop_leaves_the_margin_zero() -> None:
    spec = Preprocess(size=(40, 40), crop=(20, 20))
    result = frame(spec, (80, 160)).to_original(np.ones((20, 20), np.float32))
    expected = np.zeros((80, 160))
    expected[20:60, 40:120] = 1
    np.testing.assert_array_equal(result, expected)
