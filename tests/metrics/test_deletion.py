"""Pixels go and come in the order of relevance; the way is the same in every process."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.metrics import Subject, find_metrics, measure
from onnxcam.metrics.deletion import blurred
from onnxcam.metrics.ordering import by_relevance, chance

RNG = np.random.default_rng(10)
MAP = RNG.random((30, 40)).astype(np.float32)
TENSOR = RNG.normal(size=(3, 30, 40)).astype(np.float32)


def tensors_of(name: str, **fields: object) -> NDArray[np.float32]:
    """Every tensor that a metric probes, in order."""
    given: list[NDArray[np.float32]] = []

    def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        assert len(tensors) <= 16
        given.extend(tensors)
        return np.zeros(len(tensors))

    subject = Subject(MAP, tensor=TENSOR, probe=probe, **fields)  # type: ignore[arg-type]
    measure(subject, find_metrics([name]))
    return np.stack(given)


def test_deletion_goes_from_the_picture_to_the_blank_most_relevant_first() -> None:
    blank = np.float32([7, 8, 9])
    given = tensors_of("deletion", blank=blank)
    assert len(given) == 33
    assert np.array_equal(given[0], TENSOR)
    assert np.array_equal(given[-1], np.broadcast_to(blank[:, None, None], TENSOR.shape))
    for step, tensor in enumerate(given[1:-1], 1):
        gone = (tensor == blank[:, None, None]).all(axis=0)
        assert np.count_nonzero(gone) == round(step * 1200 / 32)
        assert MAP[gone].min() > MAP[~gone].max()
        assert np.array_equal(tensor[:, ~gone], TENSOR[:, ~gone])


def test_insertion_goes_from_the_blur_to_the_picture_most_relevant_first() -> None:
    given = tensors_of("insertion")
    assert len(given) == 33
    assert np.array_equal(given[-1], TENSOR)
    assert np.array_equal(given[0], blurred(TENSOR))
    come = (given[8] == TENSOR).all(axis=0)
    assert np.count_nonzero(come) == 300
    assert MAP[come].min() > MAP[~come].max()


def test_the_blur_is_opencvs() -> None:
    tensor = RNG.normal(size=(2, 112, 60)).astype(np.float32)
    for channel, ours in zip(tensor, blurred(tensor), strict=True):
        # 5/224 of 112 is 2.5, cut off at four of those.
        theirs = cv2.GaussianBlur(channel, (21, 21), 2.5, borderType=cv2.BORDER_REPLICATE)
        assert ours == pytest.approx(theirs, abs=1e-4)
    assert blurred(tensor).std() < 0.3 * tensor.std()


@pytest.mark.parametrize(
    ("name", "area"),
    # A fall, or a rise, in the eighth of 32 steps: at 1200 pixels it is 38 long, from 262 to 300.
    [
        pytest.param("deletion", (262 + 38 / 2) / 1200, id="deletion"),
        pytest.param("insertion", 1 - (262 + 38 / 2) / 1200, id="insertion"),
    ],
)
def test_the_area_is_that_under_the_curve(name: str, area: float) -> None:
    quarter = np.sort(MAP, axis=None)[-300] <= MAP

    def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        is_same = tensors[:, 0][:, quarter] == TENSOR[0][quarter]
        return (is_same.any(axis=1) if name == "deletion" else is_same.all(axis=1)).astype(np.float64)

    subject = Subject(MAP, tensor=TENSOR, probe=probe)
    assert measure(subject, find_metrics([name]))[name] == pytest.approx(area)


def test_equal_values_come_in_an_order_of_chance_and_larger_ones_before() -> None:
    tied = np.round(MAP * 3) / 3
    order = by_relevance(tied)
    assert sorted(order) == list(range(tied.size))
    assert (np.diff(tied.ravel()[order]) <= 0).all()
    last = order[-np.count_nonzero(tied == 0) :]
    assert 0.4 < np.mean(np.diff(last) > 0) < 0.6
    assert np.array_equal(order, by_relevance(tied.copy()))
    assert not np.array_equal(order, by_relevance(tied * np.float32(0.5)))


def test_chance_is_the_same_in_another_process() -> None:
    code = (
        "import numpy as np; from onnxcam.metrics.ordering import chance; "
        "print(chance(np.arange(12, dtype=np.float32).reshape(3, 4), 'ties').integers(10**9))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    map = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert int(found) == chance(map, "ties").integers(10**9) == chance(np.asfortranarray(map), "ties").integers(10**9)
    assert int(found) != chance(map, "road").integers(10**9)
    assert chance(-map * 0, "ties").integers(10**9) == chance(map * 0, "ties").integers(10**9)
