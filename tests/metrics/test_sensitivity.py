"""Noise that a map is held against."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics import Subject, find_metrics, measure

RNG = np.random.default_rng(12)


def test_noise_is_uniform_within_two_percent_of_the_range() -> None:
    map = RNG.random((20, 30)).astype(np.float32)
    tensor = RNG.random((3, 20, 30)).astype(np.float32) * 100 - 30
    given: list[NDArray[np.float32]] = []

    def remap(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        given.extend(tensors)
        return np.broadcast_to(map, (len(tensors), *map.shape))

    figures = measure(Subject(map, tensor=tensor, remap=remap), find_metrics(["sensitivity-max", "sensitivity-mean"]))
    assert figures == {"sensitivity-max": 0, "sensitivity-mean": 0}
    radius = 0.02 * np.ptp(tensor)
    noise = (np.stack(given) - tensor) / radius
    assert noise.shape == (10, 3, 20, 30)
    assert 0.99 < noise.max() <= 1.001
    assert -1.001 <= noise.min() < -0.99
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1 / np.sqrt(3)) < 0.02
