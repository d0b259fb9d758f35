"""The pictures of `scripts/shapes_pictures.py`: the same each time, masks that fit, no framework needed."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"


@pytest.fixture
def pictures(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return importlib.import_module("shapes_pictures")


def test_drawing_needs_no_framework() -> None:
    code = "import sys, shapes_pictures; print({'torch', 'tensorflow', 'jax', 'paddle', 'onnx'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_a_picture_depends_on_split_and_index_only(pictures: ModuleType) -> None:
    first, again = (pictures.draw_picture("train", 5) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.mask, again.mask)
    assert (first.pixels != pictures.draw_picture("held-out", 5).pixels).any()


def test_committed_pictures_are_the_first_held_out_ones(pictures: ModuleType) -> None:
    drawn = pictures.draw_picture("held-out", 0)
    pixels = np.asarray(Image.open(ROOT / "models" / "pictures" / "circle-0.png"), dtype=np.int64)
    mask = np.asarray(Image.open(ROOT / "models" / "pictures" / "masks" / "circle-0.png")) == 255
    # OpenCV's rounding may change from one version to the next; the noise of another picture would differ by far more.
    assert np.abs(drawn.pixels - pixels).mean() < 1
    assert (drawn.mask != mask).mean() < 0.01


@pytest.mark.parametrize("size", [(96, 96), (180, 240)], ids=["square", "wide"])
def test_object_stands_out_and_has_the_promised_size(pictures: ModuleType, size: tuple[int, int]) -> None:
    for index in range(12):
        drawn = pictures.draw_picture("train", index, size)
        assert drawn.pixels.shape == (*size, 3)
        assert drawn.pixels.dtype == np.uint8
        assert drawn.class_index == index % len(pictures.CLASSES)
        assert 0.05 < drawn.mask.mean() < 0.16


def test_colour_does_not_tell_the_class(pictures: ModuleType) -> None:
    pixels, masks, classes = pictures.draw_split("train", 300)
    colours = np.array([picture[mask].mean(axis=0) for picture, mask in zip(pixels, masks, strict=True)])
    means = np.array([colours[classes == index].mean(axis=0) for index in range(len(pictures.CLASSES))])
    nearest = np.linalg.norm(colours[:, None] - means, axis=2).argmin(axis=1)
    # One in six is chance; class means taken from the same 300 pictures lift it a little.
    assert (nearest == classes).mean() < 0.35


@pytest.mark.parametrize("name", ["circle", "triangle", "square", "star", "cross", "heart"])
def test_outline_has_unit_area_around_the_origin(pictures: ModuleType, name: str) -> None:
    x, y = pictures.outline(name).T
    area = abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2
    assert area == pytest.approx(1)
    assert name in pictures.CLASSES
