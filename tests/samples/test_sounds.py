"""Samples from sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError, Preprocess
from onnxcam.samples import InputSpec, gather
from tests.samples.reading import UNIT, read, specs
from tests.signals.files import write_wav

STEREO = np.array([[0, 100, -200, 32767, -32768], [0, 300, -200, 32767, -32768]], np.int16)


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        (("N", None), (1, 5)),
        (("N", 1, None), (1, 1, 5)),
        (("N", None, 1), (1, 5, 1)),
        (("N", 2, None), (1, 2, 5)),
        (("N", 5, 2), (1, 5, 2)),
        (("N", 2), (3, 2)),
        (("N", 1, 8), (1, 1, 8)),
    ],
    ids=lambda value: "x".join(str(v) for v in value),
)
def test_a_sound_fits_every_layout(tmp_path: Path, shape: tuple, given: tuple[int, ...]) -> None:
    samples = read(write_wav(tmp_path / "s.wav", STEREO), x=shape)
    array = samples.feeds["x"]
    assert (array.shape, array.dtype, samples.count) == (given, np.float32, given[0])
    mono = np.array([0, 200, -200, 32767, -32768]) / 32768
    if 2 in shape[1:] and len(shape) == 3:
        expected = (np.moveaxis(array[0], shape.index(2) - 1, 0), STEREO / 32768)
    else:
        expected = (array.reshape(-1)[:5], mono)
    np.testing.assert_allclose(*expected, atol=1e-7)


def test_notes_and_backdrops_say_what_was_done(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", STEREO, rate=100)
    samples = read(path, x=("N", 2))
    assert samples.notes == (
        f"'{path}': stereo, 100 Hz, 5 samples (0.05 s), mixed to mono, scaled by 1/32768",
        f"'{path}': 3 windows of 2 samples, each explained on its own; 1 zeros fill the last up",
        "the model's file does not say which sample rate it takes; the sound's own is assumed (--rate resamples)",
    )
    assert [(b.rate, b.start, b.seen) for b in samples.backdrops] == [
        (100, (0,), (slice(0, 2),)),
        (100, (2,), (slice(0, 2),)),
        (100, (4,), (slice(0, 1),)),
    ]


@pytest.mark.parametrize(
    ("preprocess", "expected"),
    [
        (None, [0, 1 / 32768, -1]),
        (Preprocess("raw", scale=1.0), [0, 1, -32768]),
        (Preprocess("own", scale=0.5, mean=(1.0,), std=(2.0,)), [-0.5, -0.25, -8192.5]),
    ],
    ids=["default", "raw", "own"],
)
def test_preprocess_chooses_the_numbers(tmp_path: Path, preprocess: Preprocess | None, expected: list[float]) -> None:
    path = write_wav(tmp_path / "s.wav", np.array([[0, 1, -32768]], np.int16))
    np.testing.assert_allclose(read(path, preprocess, x=("N", None)).feeds["x"][0], expected, rtol=1e-6)


def test_rate_and_window_are_kept_to(tmp_path: Path, rng: np.random.Generator) -> None:
    path = write_wav(tmp_path / "s.wav", rng.integers(-99, 99, (1, 100)), rate=100)
    samples = read(path, Preprocess("unit", rate=50, window=20), x=("N", None))
    assert (samples.feeds["x"].shape, samples.rate) == ((3, 20), 50)
    assert "resampled to 50 Hz" in samples.notes[0]
    assert [b.start for b in samples.backdrops] == [(0,), (20,), (40,)]


def test_a_short_sound_may_be_repeated(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", np.array([[1, 2, 3]]))
    samples = read(path, Preprocess("raw", scale=1.0, fill="repeat"), x=("N", 8))
    np.testing.assert_array_equal(samples.feeds["x"], [[1, 2, 3, 1, 2, 3, 1, 2]])
    assert "the model takes 8 samples; 5 samples from its beginning on fill it up" in samples.notes[1]
    assert samples.backdrops[0].seen == (slice(0, 3),)


def test_an_input_of_integers_gets_the_files_numbers(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "s.wav", STEREO[:1])
    spec = InputSpec("x", (None, None), np.dtype(np.int16))
    array = gather(path, {"x": spec}, spec, UNIT).feeds["x"]
    np.testing.assert_array_equal(array, STEREO[:1])
    assert array.dtype == np.int16


@pytest.mark.parametrize(
    ("shape", "preprocess", "told"),
    [
        (("N", 3, 32, 32), UNIT, "no sound as in .*such as a spectrogram, as .npy"),
        (("N", 3, None), UNIT, "3 channels; '.*' has 2"),
        (("N", None), Preprocess("imagenet", mean=(0.1, 0.2, 0.3)), "'imagenet' is for pictures"),
    ],
    ids=["a picture's input", "three channels", "a picture's preprocessing"],
)
def test_what_does_not_fit_is_an_error(tmp_path: Path, shape: tuple, preprocess: Preprocess, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read(write_wav(tmp_path / "s.wav", STEREO), preprocess, x=shape)


def test_sounds_of_one_length_are_one_batch(tmp_path: Path) -> None:
    paths = [write_wav(tmp_path / f"{i}.wav", STEREO * 0 + i) for i in (1, 2)]
    known = specs(x=("N", None))
    samples = gather(paths, known, known["x"], UNIT)
    np.testing.assert_allclose(samples.feeds["x"] * 32768, [[1] * 5, [2] * 5])
    write_wav(paths[0], STEREO[:, :3])
    with pytest.raises(InputError, match="differ in shape"):
        gather(paths, known, known["x"], UNIT)
