"""Overlays are a fixed blend over the very picture, and files are written whole."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onnxcam.errors import InputError
from onnxcam.imaging import Box, colormap_names, heatmap, overlay, write_png


def picture(height: int = 8, width: int = 10) -> NDArray[np.uint8]:
    """Random RGB pixels."""
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def ramp(height: int = 8, width: int = 10) -> NDArray[np.float32]:
    """A map from 0 to 1."""
    return np.linspace(0, 1, height * width, dtype=np.float32).reshape(height, width)


def test_jet_runs_from_blue_to_red() -> None:
    colours = heatmap(np.array([[0, 0.5, 1]], np.float32))
    np.testing.assert_array_equal(colours[0, [0, 2]], [[0, 0, 128], [128, 0, 0]])
    assert colours[0, 1].argmax() == 1


@pytest.mark.parametrize("name", ["viridis", "turbo", "bone"])
def test_colours_are_opencvs_in_rgb(name: str) -> None:
    levels = np.arange(256, dtype=np.uint8)[None]
    expected = cv2.applyColorMap(levels, getattr(cv2, f"COLORMAP_{name.upper()}"))[..., ::-1]
    np.testing.assert_array_equal(heatmap(levels.astype(np.float32) / 255, name), expected)
    between = np.clip(levels + np.float32(-0.4), 0, 255) / np.float32(255)  # rounds to the nearest level
    np.testing.assert_array_equal(heatmap(between, name), expected)


def test_every_colormap_of_opencv_has_its_name() -> None:
    names = colormap_names()
    assert {"jet", "viridis", "turbo", "inferno", "twilight_shifted"} <= set(names)
    assert len(names) == sum(name.startswith("COLORMAP_") for name in dir(cv2))
    assert list(names) == sorted(names)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0], ids=str)
def test_blend_is_the_formula(alpha: float) -> None:
    image, saliency = picture(), ramp()
    expected = (1 - alpha) * image + alpha * heatmap(saliency, "magma")
    result = overlay(image, saliency, colormap="magma", alpha=alpha)
    assert np.abs(result - expected).max() <= 0.5 + 1e-4


def test_blend_is_not_brightened() -> None:
    dark = overlay(np.zeros((8, 10, 3), np.uint8), ramp())
    np.testing.assert_allclose(dark, heatmap(ramp()) / 2, atol=0.5)


def test_unseen_part_is_the_plain_picture() -> None:
    image, saliency = picture(), ramp()
    before = image.copy()
    result = overlay(image, saliency, seen=Box(2, 1, 7, 5))
    np.testing.assert_array_equal(result[1:5, 2:7], overlay(image, saliency)[1:5, 2:7])
    result[1:5, 2:7] = image[1:5, 2:7]
    np.testing.assert_array_equal(result, image)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize(
    ("saliency", "options", "message"),
    [
        pytest.param(ramp(7, 7), {}, r"the map has shape \(7, 7\), the picture \(8, 10\)", id="size"),
        pytest.param(ramp() * 2, {}, r"ranges from 0 to 2, expected \[0, 1\]", id="range"),
        pytest.param(ramp() * np.float32(np.nan), {}, "ranges from nan to nan", id="nan"),
        pytest.param(ramp(), {"alpha": 1.5}, "alpha is 1.5, expected", id="alpha"),
        pytest.param(ramp(), {"alpha": float("nan")}, "alpha is nan, expected", id="alpha-nan"),
        pytest.param(ramp(), {"colormap": "viridi"}, "colour map 'viridi'. Did you mean 'viridis'", id="near-colormap"),
        pytest.param(ramp(), {"colormap": "qqq"}, "unknown colour map 'qqq'. Known: autumn, bone", id="far-colormap"),
    ],
)
def test_wrong_arguments_are_errors(saliency: NDArray[np.float32], options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        overlay(picture(), saliency, **options)


@pytest.mark.parametrize("shape", [(8, 10, 3), (8, 10)], ids=["rgb", "grey"])
def test_png_holds_the_very_pixels_and_replaces_the_old(tmp_path: Path, shape: tuple[int, ...]) -> None:
    pixels = picture()[..., 0] if len(shape) == 2 else picture()
    path = tmp_path / "a.png"
    path.write_text("old")
    write_png(path, pixels)
    with Image.open(path) as file:
        np.testing.assert_array_equal(np.asarray(file), pixels)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match=r"cannot write '.*a\.png': No space left on device") as caught:
        write_png(path, picture())
    assert caught.value.path == path
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.png"]


def test_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot write '.*': No such file or directory"):
        write_png(tmp_path / "none" / "a.png", picture())
