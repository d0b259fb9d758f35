"""Grad-CAM by hand; `test_methods.py` holds it against the paper and its peer."""

from __future__ import annotations

import numpy as np

from onnxcam.cam import Evidence
from onnxcam.cam.grad_cam import grad_cam


def test_by_hand() -> None:
    activation = np.array([[[[1, 2], [3, 4]], [[0, 5], [1, 0]]]], np.float32)
    gradient = np.array([[[[1, 1], [1, 5]], [[-4, 0], [0, 0]]]], np.float32)
    saliency = grad_cam(Evidence(activation, gradient))
    np.testing.assert_array_equal(saliency.alpha, [[2, -1]])
    np.testing.assert_array_equal(saliency.raw, [[[2, 0], [5, 8]]])  # 2 * 2 - 5 < 0 falls to the ReLU


def test_one_dimension_by_hand() -> None:
    saliency = grad_cam(Evidence(np.array([[[1, 2, 3]]], np.float32), np.array([[[3, 0, 3]]], np.float32)))
    np.testing.assert_array_equal(saliency.raw, [[2, 4, 6]])


def test_float32_extremes_stay_finite_on_the_way() -> None:
    activation = np.full((1, 2, 2, 2), 1e30, np.float32)
    gradient = np.full((1, 2, 2, 2), 3e38, np.float32)  # the sum of four overflows float32, their mean does not
    gradient[:, 1] *= -1
    saliency = grad_cam(Evidence(activation, gradient))
    np.testing.assert_array_equal(saliency.alpha, gradient[:, :, 0, 0])
    np.testing.assert_array_equal(saliency.raw, 0)
