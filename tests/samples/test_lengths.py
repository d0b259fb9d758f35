"""The window of a sound for a model that refuses the whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.samples.lengths import longest
from tests.conftest import Write
from tests.signals.files import write_wav


@pytest.mark.parametrize(
    ("count", "limit"), [(1000, 703), (1000, 999), (1000, 1), (3, 2), (7, 0)], ids=lambda value: str(value)
)
def test_the_longest_that_runs_is_found_with_few_tries(count: int, limit: int) -> None:
    tried: list[int] = []

    def runs(length: int) -> bool:
        tried.append(length)
        return length <= limit

    assert longest(count, runs) == (limit or None)
    assert len(tried) <= 4 * np.log2(count)
    assert 0 not in tried


def test_a_length_between_two_limits_is_found() -> None:
    assert longest(1000, lambda length: 100 <= length <= 150) == 150


@pytest.fixture
def strict(write_model: Write) -> Path:
    """Takes 16 to 23 samples: two positions of its stride, which it reshapes into four numbers."""
    text = """g (float[N, T] x, float[1, N, 4] h0) => (float[N, 4] y) {
        wave = Unsqueeze(x, one)
        c = Conv <strides = [8]> (wave, w)
        r = Relu(c)
        m = Reshape(r, shape)
        first = Squeeze(h0, zero)
        y = Add(m, first)
    }"""
    return write_model(
        text,
        w=np.random.default_rng(0).standard_normal((2, 1, 8)).astype(np.float32),
        one=np.array([1]),
        zero=np.array([0]),
        shape=np.array([0, 4]),
    )


def test_a_sound_is_cut_into_the_longest_windows_that_run(strict: Path, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "s.wav", np.random.default_rng(1).integers(-9999, 9999, (1, 60)))
    explainer = onnxcam.Explainer(strict)
    result = explainer.explain(sound, target=1)
    assert (explainer.preprocess.window, result.map.shape) == (23, (3, 23))
    assert any("cut into windows of 23 samples, the longest that it was found to take" in n for n in result.notes)
    settings = onnxcam.Preprocess("unit", window=23)
    named = onnxcam.explain(strict, sound, target=1, preprocess=settings)
    np.testing.assert_array_equal(result.map, named.map)
    assert not any("longest" in n for n in named.notes)


def test_a_model_that_takes_the_whole_gets_it(strict: Path, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "s.wav", np.ones((1, 17), np.int16))
    explainer = onnxcam.Explainer(strict)
    assert explainer.explain(sound).map.shape == (1, 17)
    assert explainer.preprocess.window is None


def test_a_sound_of_which_no_part_runs_is_the_models_own_error(strict: Path, tmp_path: Path) -> None:
    sound = write_wav(tmp_path / "s.wav", np.ones((1, 12), np.int16))
    with pytest.raises(onnxcam.ProviderError, match="ONNX Runtime fails"):
        onnxcam.explain(strict, sound)


def test_a_layer_of_one_position_is_said_to_tell_nothing(tmp_path: Path, write_model: Write) -> None:
    text = """g (float[N, 1, T] x) => (float[N, 2] y) {
        c = Conv <strides = [8]> (x, w)
        y = ReduceMean <axes = [2], keepdims = 0> (c)
    }"""
    path = write_model(text, w=np.ones((2, 1, 8), np.float32))
    result = onnxcam.explain(path, write_wav(tmp_path / "s.wav", np.ones((1, 10), np.int16)))
    assert any("a single position" in note for note in result.notes)
    longer = onnxcam.explain(path, write_wav(tmp_path / "s.wav", np.ones((1, 20), np.int16)))
    assert not any("a single position" in note for note in longer.notes)


def test_most_of_a_map_on_padding_is_said(tmp_path: Path, write_model: Write) -> None:
    text = """g (float[N, 1, 64] x) => (float[N, 2] y) {
        c = Conv <strides = [8]> (x, w, b)
        r = Relu(c)
        y = ReduceMean <axes = [2], keepdims = 0> (r)
    }"""
    path = write_model(text, w=np.ones((2, 1, 8), np.float32), b=np.ones(2, np.float32))
    result = onnxcam.explain(path, write_wav(tmp_path / "s.wav", np.ones((1, 10), np.int16)), target=0)
    assert "most of the map of this input (87%) lies on padding, not on what was given" in result.notes


def test_windows_run_in_the_models_own_batch_with_a_state_of_that_size(write_model: Write, tmp_path: Path) -> None:
    text = """g (float[4, 16] x, float[1, B, 2] h0) => (float[4, 2] y) {
        wave = Unsqueeze(x, one)
        c = Conv <strides = [4]> (wave, w)
        r = Relu(c)
        m = ReduceMean <axes = [2], keepdims = 0> (r)
        first = Squeeze(h0, zero)
        y = Add(m, first)
    }"""
    weights = {
        "w": np.random.default_rng(0).standard_normal((2, 1, 4)).astype(np.float32),
        "one": np.array([1]),
        "zero": np.array([0]),
    }
    fixed = write_model(text, name="fixed.onnx", **weights)
    free = write_model(text.replace("[4, ", "[B, "), name="free.onnx", **weights)
    sound = write_wav(tmp_path / "s.wav", np.random.default_rng(1).integers(-9999, 9999, (1, 16 * 6 - 5)))
    one, other = (onnxcam.explain(path, sound, target=1) for path in (fixed, free))
    assert one.map.shape == (6, 16)
    np.testing.assert_allclose(one.map, other.map, atol=1e-6)
    np.testing.assert_allclose(one.score, other.score, rtol=1e-5)
    assert any("it is zeros, [1, 4, 2]" in note for note in one.notes)
    assert any("it is zeros, [1, 6, 2]" in note for note in other.notes)
