"""Inputs that were not given: made where that is obvious, else asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError, Preprocess
from onnxcam.samples import gather
from tests.samples.reading import read, specs
from tests.signals.files import write_wav


def sound(folder: Path, count: int = 6) -> Path:
    return write_wav(folder / "s.wav", np.ones((1, count), np.int16), rate=16000)


def test_a_state_is_zeros_and_a_rate_is_the_sounds(tmp_path: Path) -> None:
    samples = read(
        sound(tmp_path), Preprocess("unit", window=2), input=("batch", "T"), state=(2, "batch", 8), sr=(int,)
    )
    assert (samples.feeds["state"].shape, samples.feeds["state"].any()) == ((2, 3, 8), False)
    assert samples.feeds["sr"] == np.int64(16000)
    assert samples.feeds["sr"].dtype == np.int64
    assert samples.whole == {"state", "sr"}
    assert samples.notes[-2:] == (
        "the input 'state' was not given: it is zeros, [2, 3, 8]",
        "the input 'sr' was not given: it is 16000, the sound's sample rate",
    )


def test_a_model_with_a_batch_size_of_its_own_gets_a_state_of_that_size(tmp_path: Path) -> None:
    assert read(sound(tmp_path), x=(4, None), h0=(1, None, 8)).feeds["h0"].shape == (1, 4, 8)


@pytest.mark.parametrize(
    ("extra", "missing"),
    [
        ({"template": ("N", 3, 8, 8)}, "template"),
        ({"state": (2, "N", "width")}, "state"),
        ({"state": (int, 2)}, "state"),
        ({"threshold": ()}, "threshold"),
    ],
    ids=["another picture", "a state of unknown width", "a state of integers", "a number"],
)
def test_what_is_not_obvious_is_asked_for(tmp_path: Path, extra: dict, missing: str) -> None:
    with pytest.raises(
        InputError, match=f"'{missing}' is missing.*--input {missing}=VALUE.*savez.file, x=…, {missing}=…"
    ):
        read(sound(tmp_path), x=("N", "T"), **extra)


def test_without_a_sound_the_rate_is_asked_for() -> None:
    known = specs(x=("N", "T"), sr=(int,))
    with pytest.raises(InputError, match="'sr' is missing; it takes int64"):
        gather(np.zeros((1, 5), np.float32), known, known["x"], None)
