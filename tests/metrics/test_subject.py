"""A map and what it is measured against fit each other, or are refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from onnxcam.errors import InputError
from onnxcam.metrics import Subject
from tests.metrics.cases import ONES, A, mask


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        pytest.param({"map": A[None]}, r"map has shape \(1, 5, 5\), and metrics take \(H, W\)", id="batch"),
        pytest.param({"map": A[:0]}, r"map has shape \(0, 5\)", id="no pixel"),
        pytest.param({"map": A * np.float32(math.nan)}, "has NaN, an infinity or a negative value", id="NaN"),
        pytest.param({"map": A - np.float32(0.1)}, "has NaN, an infinity or a negative value", id="negative"),
        pytest.param({"map": A + np.float32(math.inf)}, "has NaN, an infinity or a negative value", id="infinite"),
        pytest.param(
            {"regions": (mask(0, 0, 1, 1), mask(0, 0, 1, 1, (4, 5)))}, r"region 1 has shape \(4, 5\)", id="region"
        ),
        pytest.param({"regions": (ONES,)}, r"region 0 has shape \(1, 5, 5\)", id="region of three dimensions"),
        pytest.param({"tensor": ONES[:, 1:]}, r"the tensor has shape \(1, 4, 5\), the map \(5, 5\)", id="tensor"),
        pytest.param({"tensor": ONES[None]}, r"the tensor has shape \(1, 1, 5, 5\)", id="batch of tensors"),
        pytest.param({"tensor": ONES[0]}, r"the tensor has shape \(5, 5\)", id="tensor without channels"),
    ],
)
def test_it_refuses_what_does_not_fit(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Subject(**{"map": A} | fields)


def test_its_region_is_the_union() -> None:
    subject = Subject(A, (mask(0, 0, 2, 2), mask(1, 1, 3, 3)))
    assert np.count_nonzero(subject.region) == 7
    assert not Subject(A).region.any()


@pytest.mark.parametrize(
    ("blank", "corner"),
    [
        pytest.param(0.0, [0, 0], id="zero"),
        pytest.param(-2.0, [-2, -2], id="scalar"),
        pytest.param(np.float32([3, 4]), [3, 4], id="one for each channel"),
    ],
)
def test_it_is_blank_where_the_map_is_zero_and_whole_where_it_is_one(blank: Any, corner: list[float]) -> None:
    tensor = np.concatenate([ONES, 2 * ONES])
    masked = Subject(A, tensor=tensor, blank=blank).masked
    assert masked[:, 0, 0].tolist() == corner
    assert masked[:, 1, 1].tolist() == [1, 2]
    assert masked[:, 1, 2].tolist() == [(1 + corner[0]) / 2, (2 + corner[1]) / 2]
