"""Maps as 16 x 16 whole numbers."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from onnxcam.shortcuts import grid_of


@pytest.mark.parametrize("shape", [(96, 96), (224, 224), (50, 75), (17, 300), (16, 16)], ids=str)
def test_a_cell_is_the_mean_of_the_map_over_it(shape: tuple[int, int]) -> None:
    map_ = np.random.default_rng(0).random(shape, dtype=np.float32) ** 3
    cells = cv2.resize(map_.astype(np.float64), (16, 16), interpolation=cv2.INTER_AREA)
    found = grid_of(map_)
    assert found.dtype == np.uint8
    np.testing.assert_allclose(found, cells / cells.max() * 255, atol=0.51)


def test_a_map_that_is_smaller_is_made_of_its_pixels() -> None:
    map_ = np.random.default_rng(0).random((4, 8), dtype=np.float32)
    expected = np.rint(map_ / map_.max() * 255).repeat(4, axis=0).repeat(2, axis=1)
    np.testing.assert_allclose(grid_of(map_), expected, atol=1)


def test_one_warm_pixel_of_a_large_map_is_not_lost() -> None:
    map_ = np.zeros((512, 512), np.float32)
    map_[300, 100] = 1
    assert np.argwhere(grid_of(map_)).tolist() == [[300 // 32, 100 // 32]]
    assert grid_of(map_).max() == 255
    assert not grid_of(0 * map_).any()
