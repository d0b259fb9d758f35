"""What the border and the corners have more of some maps than of others."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.shortcuts import Excess, excess


def warm(*places: tuple[int, int]) -> np.ndarray:
    map_ = np.zeros((16, 16))
    for place in places:
        map_[place] += 1
    return map_


@pytest.mark.parametrize(
    ("own", "rest", "border", "corner"),
    [
        pytest.param(warm((0, 0)), warm((8, 8)), 1, 1, id="a corner, and the middle"),
        pytest.param(warm((8, 8)), warm((0, 0)), -1, 0, id="the middle, and a corner"),
        pytest.param(warm((3, 12)), warm((8, 8)), 0, 1, id="in a corner, not at the border"),
        pytest.param(warm((1, 8)), warm((8, 8)), 1, 0, id="at the border, in no corner"),
        pytest.param(warm((4, 4)), warm((8, 8)), 0, 0, id="just outside of both"),
        pytest.param(warm((0, 15)), warm((0, 0)), 0, 1, id="another corner"),
        pytest.param(warm((0, 0), (8, 8)), warm((0, 0), (8, 8), (8, 8), (8, 8)), 0.25, 0.25, id="more of one corner"),
        pytest.param(7 * warm((0, 0), (8, 8)), warm((8, 8)) / 9, 0.5, 0.5, id="sums do not matter"),
        pytest.param(warm((0, 0)), 0 * warm(), 0, 0, id="no rest"),
        pytest.param(0 * warm(), warm((0, 0)), 0, 0, id="none of its own"),
    ],
)
def test_the_excess_is_a_difference_of_shares(own: np.ndarray, rest: np.ndarray, border: float, corner: float) -> None:
    found = excess(own, rest)
    assert found == Excess(pytest.approx(border), pytest.approx(corner))
