"""Notes on maps that say little: of one position, or mostly on padding."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.imaging import Backdrop
from onnxcam.samples import remarks


@pytest.mark.parametrize("shape", [(2, 1), (1, 1, 1, 1)], ids=["signal", "volume"])
def test_one_position_is_said(shape: tuple[int, ...]) -> None:
    (note,) = remarks(np.ones(shape, np.float32), ())
    assert "a single position" in note
    assert remarks(np.ones((1, 2), np.float32), ()) == ()


@pytest.mark.parametrize(
    ("raw", "share"),
    [([1, 1, 0, 0], None), ([0, 1, 1, 0], None), ([0, 1, 2, 1], "75%"), ([0, 0, 0, 0], None), ([0, 0, 0, 9], "100%")],
    ids=["on the signal", "half", "mostly off", "empty", "all off"],
)
def test_a_map_on_padding_is_said(raw: list[float], share: str | None) -> None:
    backdrop = Backdrop(np.zeros((1, 80)), seen=(slice(0, 40),))
    notes = remarks(np.array([raw], np.float32), [backdrop])
    expected = f"most of the map of this input ({share}) lies on padding, not on what was given"
    assert notes == (() if share is None else (expected,))


def test_of_several_inputs_those_are_named_that_it_is_about() -> None:
    raw = np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], np.float32)
    padded = Backdrop(np.zeros((1, 8)), seen=(slice(0, 4),))
    assert remarks(raw, [padded] * 3)[0].startswith("most of the map of input 1, input 2 (100%)")
    assert remarks(raw, [Backdrop(np.zeros((1, 8)))] * 3) == ()


def test_a_volume_is_padded_on_every_side() -> None:
    raw = np.zeros((1, 4, 4, 4), np.float32)
    backdrop = Backdrop(np.zeros((1, 8, 8, 8)), seen=(slice(2, 6),) * 3)
    raw[0, 1, 2, 1] = 1
    assert remarks(raw, [backdrop]) == ()
    raw[0, 1, 2, 3] = 3
    assert "(75%)" in remarks(raw, [backdrop])[0]
