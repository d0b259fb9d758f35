"""Similarities of two maps against SciPy, against their equations window by window, and by hand."""

from __future__ import annotations

import itertools
import math
import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.metrics import SIMILARITIES, pearson, similarities, spearman, ssim, top_iou
from tests.metrics.cases import ONE_PIXEL, A, picture

stats = pytest.importorskip("scipy.stats", reason="SciPy is not installed: the extra 'audit' brings it")

RNG = np.random.default_rng(5)


def smooth_map(height: int = 40, width: int = 32) -> NDArray[np.float32]:
    """As Grad-CAM's: small, many zeros, enlarged."""
    small = np.maximum(RNG.normal(size=(5, 5)), 0).astype(np.float32)
    map = cv2.resize(small, (width, height))
    return map / map.max()


PAIRS = [(smooth_map(), smooth_map()) for _ in range(5)]
PAIRS += [(one, np.clip(one + 0.1 * other, 0, 1)) for one, other in PAIRS]
every_similarity = pytest.mark.parametrize("name", SIMILARITIES)


@pytest.mark.parametrize("pair", PAIRS, ids=map(str, range(len(PAIRS))))
def test_correlations_are_scipys(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    flat = [map.ravel().astype(np.float64) for map in pair]
    assert pearson(*pair) == pytest.approx(stats.pearsonr(*flat).statistic, abs=1e-12)
    assert spearman(*pair) == pytest.approx(stats.spearmanr(*flat).statistic, abs=1e-12)


@pytest.mark.parametrize("pair", PAIRS, ids=map(str, range(len(PAIRS))))
def test_ssim_is_what_its_equations_say(pair: tuple[NDArray[np.float32], NDArray[np.float32]]) -> None:
    x, y = (map.astype(np.float64) for map in pair)
    line = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)
    window = np.outer(line, line) / line.sum() ** 2
    found = []
    for top, left in itertools.product(range(x.shape[0] - 10), range(x.shape[1] - 10)):
        a, b = (map[top : top + 11, left : left + 11] for map in (x, y))
        mean_a, mean_b = (window * a).sum(), (window * b).sum()
        var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
        covariance = (window * (a - mean_a) * (b - mean_b)).sum()
        above = (2 * mean_a * mean_b + 1e-4) * (2 * covariance + 9e-4)
        found.append(above / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4)))
    assert ssim(*pair) == pytest.approx(np.mean(found), abs=1e-9)


@pytest.mark.parametrize(
    ("first", "second", "iou"),
    [
        # Five of 25 pixels: 4, 2, 2, 1 and 1.
        pytest.param(A, A, 1, id="itself"),
        pytest.param(A, A[::-1], 3 / 7, id="upside down"),
        # 2 and 2 have places; of the nine ones all or none: more than a fifth.
        pytest.param(picture("2 2 1 1 1", "1 1 1 1 1", "1 0 0 0 0", "0 0 0 0 0", "0 0 0 0 0"), A, 2 / 14, id="ties"),
        # One pixel above the minimum.
        pytest.param((ONE_PIXEL + 1) / 2, A[::-1], 0, id="fewer than a fifth"),
    ],
)
def test_the_top_fifth_is_as_counted_by_hand(
    first: NDArray[np.float32], second: NDArray[np.float32], iou: float
) -> None:
    assert top_iou(first, second) == pytest.approx(iou)


def test_the_fifth_is_rounded_up() -> None:
    ramp = np.arange(6, dtype=np.float32).reshape(2, 3) / 5
    assert top_iou(ramp, ramp[:, ::-1]) == pytest.approx(1 / 3)
    assert top_iou(ramp, np.float32([[1, 0, 0], [0, 1, 0]])) == pytest.approx(1 / 3)


@every_similarity
def test_a_map_is_like_itself_and_the_order_does_not_matter(name: str) -> None:
    one, other = PAIRS[0]
    similarity = SIMILARITIES[name]
    assert similarity(one, one) == pytest.approx(1)
    assert similarity(one, other) == pytest.approx(similarity(other, one))
    assert -1 <= similarity(one, other) < 1


@every_similarity
@pytest.mark.parametrize("value", [0, 0.5], ids=["zeros", "constant"])
def test_a_constant_map_is_like_nothing(name: str, value: float) -> None:
    flat = np.full((40, 32), value, np.float32)
    for pair in [(flat, PAIRS[0][0]), (PAIRS[0][0], flat), (flat, flat)]:
        assert math.isnan(SIMILARITIES[name](*pair))


@every_similarity
def test_maps_of_different_shapes_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"maps of shapes \(5, 5\) and \(40, 32\) cannot be compared"):
        SIMILARITIES[name](A, PAIRS[0][0])


def test_ssim_wants_room_for_its_window() -> None:
    assert math.isnan(ssim(PAIRS[0][0][:10], PAIRS[0][1][:10]))
    assert math.isfinite(ssim(PAIRS[0][0][:11], PAIRS[0][1][:11]))


def test_all_come_by_name() -> None:
    assert similarities(*PAIRS[0]) == {name: function(*PAIRS[0]) for name, function in SIMILARITIES.items()}


def test_correlations_follow_scale_and_sign() -> None:
    one, other = PAIRS[0]
    assert pearson(one, 1 - one / 2) == pytest.approx(-1)
    assert spearman(one, one**2) == pytest.approx(1)
    assert spearman(-one, other) == pytest.approx(-spearman(one, other))


def test_without_scipy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.ndimage", None)
    with pytest.raises(InputError, match=r'pip install "onnxcam\[audit\]"') as caught:
        ssim(*PAIRS[0])
    assert caught.value.package == "scipy"
