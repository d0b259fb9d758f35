"""`onnxcam explain` with sounds, volumes, archives and models of several inputs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.imaging import read_image
from tests.cli.conftest import Run
from tests.cli.models import write
from tests.signals.files import write_nifti, write_wav

SOUND = """
<ir_version: 8, opset_import: ["" : 17]>
sound (float[N, 1, T] wave, float[1, N, 4] state, int64 sr, float[N, 4] gain) => (float[N, 4] y)
{
    features = Conv<pads = [2, 2], strides = [2]>(wave, kernel)
    active = Relu(features)
    pooled = ReduceMean<axes = [2], keepdims = 0>(active)
    first = Squeeze(state, zero)
    sum = Add(pooled, first)
    rate = Cast<to = 1>(sr)
    scaled = Mul(sum, rate)
    y = Mul(scaled, gain)
}
"""

VOLUME = """
<ir_version: 8, opset_import: ["" : 17]>
volume (float[N, 1, 8, 8, 8] voxels) => (float[N, 4] y)
{
    features = Conv<pads = [1, 1, 1, 1, 1, 1], strides = [2, 2, 2]>(voxels, kernel)
    active = Relu(features)
    y = ReduceMean<axes = [2, 3, 4], keepdims = 0>(active)
}
"""


def write_sound_model(path: Path, *, has_gain: bool) -> Path:
    text = SOUND if has_gain else SOUND.replace(", float[N, 4] gain", "").replace("Mul(scaled, gain)", "Relu(scaled)")
    kernel = np.random.default_rng(1).standard_normal((4, 1, 5)).astype(np.float32)
    return write(path, text, {"kernel": kernel, "zero": np.zeros(1, np.int64)})


def write_volume_model(path: Path) -> Path:
    kernel = np.random.default_rng(1).standard_normal((4, 1, 3, 3, 3)).astype(np.float32)
    return write(path, VOLUME, {"kernel": kernel})


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    samples = np.random.default_rng(2).integers(-9999, 9999, (1, 100))
    return write_wav(tmp_path / "sound.wav", samples, rate=100)


def test_a_sound_is_explained_and_what_was_made_up_is_said(run: Run, sound: Path, tmp_path: Path) -> None:
    model = write_sound_model(tmp_path / "model.onnx", has_gain=False)
    result = run("explain", model, sound, "-o", "out", "--json")
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert (record["preprocess"]["name"], record["preprocess"]["rate"]) == ("unit", None)
    assert record["notes"] == [
        f"'{sound}': mono, 100 Hz, 100 samples (1 s), scaled by 1/32768",
        "the model's file does not say which sample rate it takes; the sound's own is assumed (--rate resamples)",
        "the input 'state' was not given: it is zeros, [1, 1, 4]",
        "the input 'sr' was not given: it is 100, the sound's sample rate",
    ]
    assert all(f"Note: {note}." in result.stderr for note in record["notes"])
    expected = onnxcam.explain(model, sound)
    np.testing.assert_array_equal(read_image("out/sound.png"), expected.plot())
    index = int(np.argmax(expected.map[0]))
    assert record["inputs"][0]["peak"] == {"index": [index], "in_file": [index], "seconds": index / 100}


def test_windows_are_samples_of_one_file(run: Run, sound: Path, tmp_path: Path) -> None:
    model = write_sound_model(tmp_path / "model.onnx", has_gain=False)
    options = ("--rate", "50", "--window", "20", "--batch-size", "2", "--target", "1", "--json")
    result = run("explain", model, sound, "-o", "out", *options)
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert [e["overlay"] for e in record["inputs"]] == ["sound-0.png", "sound-1.png", "sound-2.png"]
    settings = onnxcam.Preprocess("unit", rate=50, window=20)
    expected = onnxcam.explain(model, sound, target=1, preprocess=settings)
    assert [e["score"] for e in record["inputs"]] == pytest.approx(expected.score.tolist(), rel=1e-5)
    assert record["inputs"][2]["peak"]["seconds"] == pytest.approx((40 + int(np.argmax(expected.map[2]))) / 50)
    for i in range(3):
        np.testing.assert_array_equal(read_image(f"out/sound-{i}.png"), expected.plot(i))


def test_several_inputs_come_from_an_archive(run: Run, tmp_path: Path) -> None:
    model = write_sound_model(tmp_path / "model.onnx", has_gain=True)
    rng = np.random.default_rng(3)
    feeds = {
        "wave": rng.standard_normal((3, 1, 30)).astype(np.float32),
        "state": rng.standard_normal((1, 1, 4)).astype(np.float32),
        "sr": np.int64(8000),
        "gain": rng.random((3, 4)).astype(np.float32),
    }
    np.savez(tmp_path / "a.npz", **feeds)
    result = run("explain", model, "a.npz", "--json", "--target", "2")
    assert result.exit_code == 0, result.stderr
    singles = [
        onnxcam.explain(model, {**feeds, "wave": feeds["wave"][i : i + 1], "gain": feeds["gain"][i : i + 1]}, 2)
        for i in range(3)
    ]
    record = json.loads(result.stdout)
    assert [e["row"] for e in record["inputs"]] == [0, 1, 2]
    assert record["preprocess"] is None
    assert [e["score"] for e in record["inputs"]] == pytest.approx([float(s.score[0]) for s in singles], rel=1e-6)


def test_what_is_missing_is_told_before_anything_is_written(run: Run, sound: Path, tmp_path: Path) -> None:
    model = write_sound_model(tmp_path / "model.onnx", has_gain=True)
    result = run("explain", model, sound, "-o", "out")
    assert (result.exit_code, Path("out").exists()) == (2, False)
    assert "the model's input 'gain' is missing; it takes float32 [?, 4]" in result.stderr
    assert "with --input gain=VALUE, or in a .npz file, as numpy.savez(file, wave=…, gain=…)" in result.stderr


def test_a_volume_is_explained_in_slices(run: Run, tmp_path: Path) -> None:
    voxels = np.random.default_rng(2).integers(0, 200, (12, 8, 10), dtype=np.int16)
    volume = write_nifti(tmp_path / "brain.nii.gz", voxels, "LIA")
    model = write_volume_model(tmp_path / "model.onnx")
    result = run("explain", model, volume, "-o", "out", "--json")
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["inputs"][0]["overlay"] == "brain.png"
    assert "the middle is given, voxels [2:10, 0:8, 1:9]" in record["notes"][1]
    expected = onnxcam.explain(model, volume)
    np.testing.assert_array_equal(read_image("out/brain.png"), expected.plot())
    index = [int(i) for i in np.unravel_index(np.argmax(expected.map[0]), (8, 8, 8))]
    assert record["inputs"][0]["peak"] == {"index": index, "in_file": [index[0] + 2, index[1], index[2] + 1]}


def test_a_folder_may_hold_them_all(run: Run, sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    sound.rename(folder / "a.wav")
    np.save(folder / "b.npy", np.zeros((2, 1, 50), np.float32))
    np.savez(folder / "c.npz", wave=np.ones((1, 1, 50), np.float32), sr=np.int64(1))
    (folder / "d.txt").write_text("words", encoding="utf-8")
    model = write_sound_model(tmp_path / "model.onnx", has_gain=False)
    result = run("explain", model, folder / "c.npz", folder / "a.wav", "-o", "out")
    assert result.exit_code == 0, result.stderr
    refused = run("explain", model, folder, "-o", "all")
    assert (refused.exit_code, "b.npy': the model's input 'sr' is missing" in refused.stderr) == (2, True)
