"""Missing pixels are the weighted means of all their neighbours at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.metrics import Subject, find_metrics, measure
from onnxcam.metrics.imputation import impute

RNG = np.random.default_rng(9)


def mean_around(channel: NDArray[np.float32], row: int, column: int) -> float:
    """By 1/6 at the sides and 1/12 at the corners, of those that there are."""
    weighted = weights = 0.0
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            there = 0 <= row + down < channel.shape[0] and 0 <= column + right < channel.shape[1]
            if (down, right) != (0, 0) and there:
                weight = 1 / 12 if down and right else 1 / 6
                weighted, weights = weighted + weight * channel[row + down, column + right], weights + weight
    return weighted / weights


@pytest.mark.parametrize("share", [0.03, 0.5, 0.97])
@pytest.mark.parametrize("shape", [(2, 7, 11), (1, 1, 40), (1, 40, 1)], ids=str)
def test_each_missing_pixel_is_the_mean_of_those_around_it(share: float, shape: tuple[int, int, int]) -> None:
    tensor = RNG.normal(size=shape).astype(np.float32)
    missing = RNG.random(shape[1:]) < share
    missing.flat[0], missing.flat[-1] = True, False
    filled = impute(tensor, missing)
    for channel in filled:
        for row, column in np.argwhere(missing):
            assert channel[row, column] == pytest.approx(mean_around(channel, row, column), abs=1e-5)
    assert np.array_equal(filled[:, ~missing], tensor[:, ~missing])


@pytest.mark.parametrize("value", [True, False], ids=["all missing", "none missing"])
def test_it_leaves_what_it_cannot_or_need_not_fill(value: bool) -> None:
    tensor = RNG.normal(size=(2, 3, 4)).astype(np.float32)
    filled = impute(tensor, np.full((3, 4), value))
    assert np.array_equal(filled, tensor)
    assert filled is not tensor


def test_road_hides_the_share_it_says_and_adds_noise_there_alone() -> None:
    map = RNG.random((20, 10)).astype(np.float32)
    tensor = RNG.random((2, 20, 10)).astype(np.float32) * 50  # noise of half a unit
    given: list[NDArray[np.float32]] = []

    def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        given.extend(tensors)
        return np.zeros(len(tensors))

    measure(Subject(map, tensor=tensor, probe=probe), find_metrics(["road"]))
    assert len(given) == 18
    for index, hidden in enumerate(given):
        changed = (hidden != tensor).any(axis=0)
        share, is_morf = index % 9 / 10 + 0.1, index < 9
        assert np.count_nonzero(changed) == round(share * 200)
        assert (map[changed].min() > map[~changed].max()) if is_morf else (map[changed].max() < map[~changed].min())
        noise = (hidden - impute(tensor, changed))[:, changed]
        assert noise.std() == pytest.approx(0.01 * np.ptp(tensor), rel=0.35)


def test_road_is_half_of_what_the_least_relevant_leave_beyond_the_most_relevant() -> None:
    scores = iter(range(18))
    subject = Subject(
        RNG.random((5, 4)).astype(np.float32),
        tensor=RNG.random((1, 5, 4)).astype(np.float32),
        probe=lambda tensors: np.array([float(next(scores)) for _ in tensors]),
    )
    figures = measure(subject, find_metrics(["road", "road-morf", "road-lerf"]))
    assert figures == {"road": 4.5, "road-morf": 4.0, "road-lerf": 13.0}
