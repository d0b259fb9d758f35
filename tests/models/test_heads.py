"""The bundled heads are what their script makes, and each map lies on the disc that it is about."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import pytest
from PIL import Image

import onnxcam
from tests.models.conftest import load_script

ROOT = Path(__file__).resolve().parents[2]
HEADS = ROOT / "models" / "heads"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return load_script("make_heads")


def test_the_script_makes_the_bundled_files(script: ModuleType, tmp_path: Path) -> None:
    script.main(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in HEADS.iterdir())
    for made in tmp_path.glob("*.onnx"):
        ours, theirs = onnx.load(HEADS / made.name), onnx.load(made)
        for one, other in zip(ours.graph.initializer, theirs.graph.initializer, strict=True):
            arrays = onnx.numpy_helper.to_array(one), onnx.numpy_helper.to_array(other)
            np.testing.assert_allclose(*arrays, rtol=1e-5, atol=1e-7)
        del ours.graph.initializer[:], theirs.graph.initializer[:]
        assert ours == theirs
    for name in ("discs.png", "red.png"):
        np.testing.assert_array_equal(*(np.asarray(Image.open(folder / name)) for folder in (HEADS, tmp_path)))


@pytest.mark.parametrize(
    ("model", "target", "colour"),
    [
        *(("segment", colour, colour) for colour in ("red", "green", "blue")),
        ("segment", "at 60,72", "blue"),
        *(("detect", colour, colour) for colour in ("red", "green", "blue")),
        ("detect", "box near 80,25,110,55", "green"),
        ("embed", f"like {HEADS / 'red.png'}", "red"),
        ("redness", None, "red"),
    ],
)
@pytest.mark.parametrize("method", ["grad-cam", "hires-cam"])
def test_the_map_lies_on_the_disc(script: ModuleType, model: str, target: str | None, colour: str, method: str) -> None:
    result = onnxcam.explain(HEADS / f"{model}.onnx", HEADS / "discs.png", target, method=method)
    y, x = np.mgrid[: script.SIZE[0], : script.SIZE[1]]
    middle = script.DISCS[colour]
    distance = np.hypot(x - middle[0], y - middle[1])
    assert distance.flat[result.map[0].argmax()] < script.RADIUS
    near = distance < script.RADIUS + 2 * script.STRIDE
    assert result.map[0][near].sum() > 0.9 * result.map[0].sum()


def test_a_reference_that_is_not_one_input_of_that_size_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.zeros((2, 3, 96, 128), np.float32))
    with pytest.raises(onnxcam.InputError, match="the reference holds 2 samples. Give one"):
        onnxcam.explain(HEADS / "embed.onnx", HEADS / "discs.png", f"like {tmp_path / 'two.npy'}")
