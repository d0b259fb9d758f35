"""`--input`: the model's other inputs on the command line, as files and numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.imaging import write_png
from tests.cli.conftest import Run
from tests.cli.models import write
from tests.cli.test_explain_signals import write_sound_model
from tests.signals.files import write_wav

TRACKER = """
<ir_version: 8, opset_import: ["" : 17]>
tracker (float[N, 3, 8, 8] search, float[N, 3, 4, 4] template, float zoom) => (float[N, 4] y)
{
    wanted = Conv(template, kernel)
    mean = ReduceMean<axes = [2, 3], keepdims = 0>(wanted)
    features = Conv<pads = [1, 1, 1, 1]>(search, kernel)
    active = Relu(features)
    pooled = ReduceMean<axes = [2, 3], keepdims = 0>(active)
    likeness = Mul(pooled, mean)
    y = Mul(likeness, zoom)
}
"""


@pytest.fixture
def tracker(tmp_path: Path) -> Path:
    kernel = np.random.default_rng(0).standard_normal((4, 3, 3, 3)).astype(np.float32)
    return write(tmp_path / "tracker.onnx", TRACKER, {"kernel": kernel})


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(1)
    paths = [tmp_path / f"{name}.png" for name in ("one", "two", "crop")]
    for path in paths:
        write_png(path, rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    return paths


@pytest.mark.parametrize("batch", ["1", "2"])
def test_pictures_and_numbers_go_to_the_inputs_that_are_named(
    run: Run, tracker: Path, pictures: list[Path], batch: str
) -> None:
    one, two, crop = pictures
    options = ("--input", f"template={crop}", "--input", "zoom=2", "--target", "1", "--preprocess", "unit")
    result = run("explain", tracker, one, two, *options, "--batch-size", batch, "--json", "-o", "out")
    assert result.exit_code == 0, result.stderr
    record = json.loads(result.stdout)
    assert record["other_inputs"] == {"template": str(crop), "zoom": "2"}
    explainer = onnxcam.Explainer(tracker, preprocess="unit")
    for path, entry in zip((one, two), record["inputs"], strict=True):
        expected = explainer.explain({"search": path, "template": crop, "zoom": np.float32(2)}, target=1)
        assert len(expected.pictures) == 1
        assert entry["score"] == pytest.approx(float(expected.score[0]), rel=1e-5)


def test_numbers_and_tensors_for_a_sound(run: Run, tmp_path: Path) -> None:
    model = write_sound_model(tmp_path / "model.onnx", has_gain=True)
    sound = write_wav(tmp_path / "s.wav", np.random.default_rng(2).integers(-9999, 9999, (1, 100)), rate=100)
    gain, state = np.array([[1, 2, 0.5, 1]], np.float32), np.full((1, 1, 4), 0.5, np.float32)
    np.save(tmp_path / "state.npy", state)
    options = ("--input", "gain=1,2,0.5,1", "--input", "state=state.npy", "--target", "1", "--json")
    result = run("explain", model, sound, *options)
    assert result.exit_code == 0, result.stderr
    expected = onnxcam.explain(model, {"wave": sound, "gain": gain, "state": state}, target=1)
    record = json.loads(result.stdout)
    assert record["inputs"][0]["score"] == pytest.approx(float(expected.score[0]), rel=1e-6)
    assert record["notes"][-1] == "the input 'sr' was not given: it is 100, the sound's sample rate"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("template", "'template' is no input. Write --input NAME=VALUE"),
        ("templat=crop.png", "the model has no input 'templat'. Did you mean 'template'?"),
        ("search=one.png", "'search' is the input that is explained: name its file without --input"),
        ("template=none.png", "no file 'none.png' for the input 'template'"),
        ("zoom=1,2", "the input 'zoom' takes float32 []; 2 numbers were given"),
    ],
    ids=["no value", "no such input", "the explained one", "no such file", "too many numbers"],
)
def test_what_is_wrong_is_told(run: Run, tracker: Path, pictures: list[Path], given: str, told: str) -> None:
    result = run("explain", tracker, "one.png", "--input", given)
    assert (result.exit_code, told in result.stderr) == (2, True), result.stderr
