"""A region's pixels, against pycocotools and numpy; records are plain values."""

from __future__ import annotations

import dataclasses
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pycocotools import mask as coco

from onnxcam.datasets import DataSet, Record, Region
from onnxcam.errors import InputError


def random_mask(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """Blocks of objects and background, in runs of many lengths."""
    generator = np.random.default_rng(seed)
    coarse = generator.random((height // 4 + 1, width // 4 + 1)) > generator.random()
    return np.asfortranarray(np.kron(coarse, np.ones((4, 4)))[:height, :width].astype(np.uint8))


def test_a_box_holds_the_pixels_whose_centre_is_inside() -> None:
    for box in ((1.0, 2.0, 4.0, 5.0), (0.4, 0.6, 7.5, 3.5), (-3.0, -3.0, 99.0, 99.0), (2.6, 1.0, 3.4, 2.0)):
        expected = np.zeros((6, 9), bool)
        for y in range(6):
            for x in range(9):
                expected[y, x] = box[0] <= x + 0.5 < box[2] and box[1] <= y + 0.5 < box[3]
        np.testing.assert_array_equal(Region("a", box).area(6, 9), expected)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), height=st.integers(1, 40), width=st.integers(1, 700))
def test_compressed_run_lengths_are_what_pycocotools_wrote(seed: int, height: int, width: int) -> None:
    expected = random_mask(seed, height, width)
    counts = coco.encode(expected)["counts"].decode()
    region = Region(1, None, rle=((height, width), counts))
    np.testing.assert_array_equal(region.area(height, width), expected.astype(bool))


def test_run_lengths_go_down_the_columns_from_background_on() -> None:
    area = Region(1, None, rle=((2, 3), (1, 2, 1, 2))).area(2, 3)
    np.testing.assert_array_equal(area, [[False, True, True], [True, False, True]])


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        pytest.param((5, 5), "add up to 10 pixels, and the picture has 54", id="too short"),
        pytest.param((100,), "add up to 100 pixels", id="too long"),
        pytest.param((60, -6), "add up to 54", id="negative"),
        pytest.param("zz", "is damaged", id="characters outside"),
        pytest.param("o" * 50, "is damaged", id="a number without end"),
        pytest.param("ä", "is damaged", id="no ASCII"),
        pytest.param("11o", "ends within a number", id="cut off"),
        pytest.param("", "add up to 0", id="empty"),
    ],
)
def test_damaged_run_lengths_are_an_error(counts: str | tuple[int, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Region(1, None, rle=((6, 9), counts)).area(6, 9)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools.mask.decode
@pytest.mark.parametrize("seed", range(8))
def test_outlines_are_drawn_as_pycocotools_draws_them(seed: int) -> None:
    generator = np.random.default_rng(seed)
    outlines = [tuple(generator.uniform(-5, 45, 2 * n).tolist()) for n in generator.integers(3, 8, 3)]
    runs = coco.merge(coco.frPyObjects([list(one) for one in outlines], 30, 40))
    area = Region("a", None, tuple(outlines)).area(30, 40)
    np.testing.assert_array_equal(area, coco.decode(runs).astype(bool))
    assert area.dtype == bool


def test_an_outline_is_where_another_library_draws_it() -> None:
    outline = (10.0, 5.0, 60.0, 12.0, 45.0, 50.0, 15.0, 40.0)
    picture = Image.new("1", (80, 60))
    ImageDraw.Draw(picture).polygon(outline, fill=1)
    drawn = np.asarray(picture)
    area = Region("a", None, (outline,)).area(60, 80)
    assert (area & drawn).sum() / (area | drawn).sum() > 0.93  # but for its edge


@pytest.mark.parametrize(
    ("outline", "told"),
    [
        pytest.param((0.0, 0.0, 1.0, 1.0), "has 4 numbers", id="two points"),
        pytest.param((0.0, 0.0, 1.0, 1.0, 2.0, 0.0, 5.0), "has 7 numbers", id="half a point"),
        pytest.param((0.0, 0.0, 1e9, 1.0, 2.0, 2.0), r"x = 1e\+09.* far outside", id="far away"),
        pytest.param((0.0, 0.0, float("nan"), 1.0, 2.0, 2.0), "x = nan", id="not a number"),
    ],
)
def test_an_outline_that_makes_no_sense_is_an_error(outline: tuple[float, ...], told: str) -> None:
    with pytest.raises(InputError, match=told):
        Region("a", None, (outline,)).area(6, 9)


def test_outlines_without_pycocotools_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    with pytest.raises(InputError, match=r'pip install "onnxcam\[audit\]"'):
        Region("a", None, ((0.0, 0.0, 1.0, 1.0, 2.0, 0.0),)).area(6, 9)


def test_a_mask_goes_before_everything_else(tmp_path: Path) -> None:
    where = np.random.default_rng(0).random((6, 9)) > 0.5
    Image.fromarray(where.astype(np.uint8)).save(tmp_path / "mask.png")
    region = Region("a", (0.0, 0.0, 9.0, 6.0), ((0.0, 0.0, 9.0, 0.0, 9.0, 6.0),), mask=str(tmp_path / "mask.png"))
    np.testing.assert_array_equal(region.area(6, 9), where)
    with pytest.raises(InputError, match=r"mask\.png' has 6 x 9 pixels .* upright picture has 9 x 6"):
        region.area(9, 6)
    with pytest.raises(InputError, match="cannot be read"):
        Region("a", None, mask=str(tmp_path / "none.png")).area(6, 9)


def test_outlines_go_before_the_box() -> None:
    outline = ((1.0, 1.0, 4.0, 1.0, 4.0, 4.0, 1.0, 4.0),)
    area = Region("a", (0.0, 0.0, 9.0, 6.0), outline).area(6, 9)
    assert 4 <= area.sum() <= 16
    assert Region("a", (0.0, 0.0, 9.0, 6.0), rle=((6, 9), (53, 1))).area(6, 9).sum() == 1


def test_a_picture_of_another_size_than_the_annotation_speaks_of_is_an_error() -> None:
    region = Region("a", (0.0, 0.0, 3.0, 3.0), size=(6, 9))
    assert region.area(6, 9).sum() == 9
    with pytest.raises(InputError, match="annotation is of a picture of 6 x 9 pixels .* has 9 x 6") as caught:
        region.area(9, 6)
    assert caught.value.found == (6, 9)
    with pytest.raises(InputError, match="run lengths are of a picture of 6 x 9"):
        Region("a", None, rle=((6, 9), (53, 1))).area(9, 6)


def test_a_region_that_is_nowhere_is_an_error() -> None:
    with pytest.raises(InputError, match="neither box nor outline"):
        Region("a", None).area(6, 9)


def test_records_are_plain_values() -> None:
    record = Record("a.png", "/x/a.png", 3, (Region("b", (0.0, 0.0, 1.0, 1.0), rle=((1, 1), (0, 1)), size=(1, 1)),))
    assert pickle.loads(pickle.dumps(record)) == record
    assert json.loads(json.dumps(dataclasses.asdict(record)))["regions"][0]["box"] == [0, 0, 1, 1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.key = "b"  # type: ignore[misc]


def test_a_data_set_of_unknown_length_has_none() -> None:
    data = DataSet(Path(), "toy", Path(), lambda: iter([Record("a", "a")]))
    assert list(data) == list(data) == [Record("a", "a")]
    with pytest.raises(TypeError, match="not known before all are read"):
        len(data)
