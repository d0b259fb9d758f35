"""The bundled sound and volume are what their script makes, and each map lies where its class is."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest

import onnxcam
from onnxcam.signals import read_volume, read_wav
from tests.models.conftest import load_script

ROOT = Path(__file__).resolve().parents[2]
SIGNALS = ROOT / "models" / "signals"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    pytest.importorskip("nibabel", reason="the volume is written by nibabel")
    return load_script("make_signals")


def test_the_script_makes_the_bundled_files(script: ModuleType, tmp_path: Path) -> None:
    script.main(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in SIGNALS.iterdir())
    for name in ("tones.onnx", "balls.onnx"):
        ours, theirs = (onnx.load(folder / name) for folder in (SIGNALS, tmp_path))
        for one, other in zip(ours.graph.initializer, theirs.graph.initializer, strict=True):
            arrays = onnx.numpy_helper.to_array(one), onnx.numpy_helper.to_array(other)
            np.testing.assert_allclose(*arrays, rtol=1e-5, atol=1e-7)
        del ours.graph.initializer[:], theirs.graph.initializer[:]
        assert ours == theirs
    sounds = [read_wav(folder / "two-tones.wav").samples.astype(int) for folder in (SIGNALS, tmp_path)]
    np.testing.assert_allclose(*sounds, atol=1)
    volumes = [read_volume(folder / "two-balls.nii.gz").voxels for folder in (SIGNALS, tmp_path)]
    np.testing.assert_allclose(*volumes, atol=1)


def test_each_tone_is_found_when_it_sounds(script: ModuleType) -> None:
    for label, (_, middle) in script.TONES.items():
        result = onnxcam.explain(SIGNALS / "tones.onnx", SIGNALS / "two-tones.wav", target=label)
        seconds = np.arange(result.map.shape[1]) / script.RATE
        inside = abs(seconds - middle) < script.TONE_LENGTH / 2
        assert inside[np.argmax(result.map[0])]
        assert result.map[0, inside].sum() > 0.95 * result.map.sum()


def test_each_ball_is_found_where_it_lies(script: ModuleType) -> None:
    for label, (_, middle) in script.BALLS.items():
        result = onnxcam.explain(SIGNALS / "balls.onnx", SIGNALS / "two-balls.nii.gz", target=label)
        inside = script.distance(script.SHAPE, middle) < script.RADIUS + 1
        assert inside[np.unravel_index(np.argmax(result.map[0]), script.SHAPE)]
        assert result.map[0, inside].mean() > 10 * result.map[0, ~inside].mean()
