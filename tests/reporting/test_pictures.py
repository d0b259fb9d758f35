"""Pictures of a report: small, with the map where it lies, and in a folder where they are many."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import onnxcam
from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess, heatmap, to_webp
from onnxcam.reporting import WITHIN, Album
from tests.auditing.pictures import MODEL, PICTURES


@pytest.fixture(scope="module")
def result() -> onnxcam.Explanation:
    wide = Image.open(PICTURES[0]).convert("RGB").resize((900, 500))
    crop = Preprocess(size=(96, 96), resize="shortest", mean=(0.5,), std=(0.25,))
    return onnxcam.explain(MODEL, np.asarray(wide), preprocess=crop)


def decoded(address: str) -> Image.Image:
    head, _, data = address.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))


def test_the_picture_is_made_small_and_the_map_lies_where_the_model_looks(
    tmp_path: Path, result: onnxcam.Explanation
) -> None:
    (stack,) = Album(tmp_path, 1).stacks([("a", result, 0)])
    assert stack.caption == "a"
    picture, heat = decoded(stack.picture), decoded(stack.heat or "")
    assert picture.size == (360, 200)
    wanted = np.asarray(Image.fromarray(result.pictures[0].image).resize(picture.size), float)
    assert abs(np.asarray(picture.convert("RGB"), float) - wanted).mean() < 6

    alpha, colours = np.asarray(heat)[..., 3], np.asarray(heat.convert("RGB"), float)
    left, right = (side * heat.width / 900 for side in (200, 700))  # the square in the middle
    assert (alpha[:, : int(left) - 2] == 0).all()
    assert (alpha[:, int(right) + 3 :] == 0).all()
    assert (alpha[:, int(left) + 3 : int(right) - 3] == 255).all()
    whole = result.pictures[0].geometry.to_original(result.map[0])
    expected = np.asarray(Image.fromarray(heatmap(whole)).resize(heat.size), float)
    assert abs(colours - expected)[alpha == 255].mean() < 8
    assert not list(tmp_path.iterdir())


def test_two_maps_of_a_picture_share_it(tmp_path: Path, result: onnxcam.Explanation) -> None:
    album = Album(tmp_path, WITHIN + 1)
    first, second = album.stacks([("a", result, 0), ("b", result, 0)])
    assert first.picture == second.picture == "report-pictures/000001.webp"
    assert (first.heat, second.heat) == ("report-pictures/000002.webp", "report-pictures/000003.webp")
    files = sorted((tmp_path / "report-pictures").iterdir())
    assert [one.name for one in files] == ["000001.webp", "000002.webp", "000003.webp"]
    with Image.open(files[0]) as picture:
        assert picture.size == (360, 200)
    Album(tmp_path, 1)
    assert not list(tmp_path.iterdir())


def test_a_mean_map_has_a_square_for_each_cell(tmp_path: Path) -> None:
    cells = np.zeros((16, 16), np.float32)
    cells[2, 11] = 1
    shown = np.asarray(decoded(Album(tmp_path, 1).mean(cells)).convert("RGB"), float)
    assert shown.shape == (96, 96, 3)
    hot = heatmap(cells)[2, 11].astype(float)
    found = np.argwhere(abs(shown - hot).max(axis=2) < 90)
    assert found.min(axis=0).tolist() == pytest.approx([12, 66], abs=2)
    assert found.max(axis=0).tolist() == pytest.approx([17, 71], abs=2)


def test_pictures_are_never_made_larger() -> None:
    tiny = np.full((3, 5, 3), 200, np.uint8)
    assert Image.open(io.BytesIO(to_webp(tiny, 100))).size == (5, 3)
    long = np.full((2000, 3, 3), 200, np.uint8)
    assert Image.open(io.BytesIO(to_webp(long, 100))).size == (1, 100)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write '.*report-pictures': .*\. Choose another folder\."):
        Album(tmp_path / "file", WITHIN + 1)
