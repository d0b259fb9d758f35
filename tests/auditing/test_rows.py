"""From records to rows: what a row says, whatever the batch."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from onnxcam.auditing import RowMaker, Settings
from onnxcam.auditing.regions import on_input
from onnxcam.datasets import Record, Region
from onnxcam.explanation import Picture
from onnxcam.imaging import Preprocess
from onnxcam.imaging.framing import frame
from tests.auditing.pictures import MODEL, NAMES, PICTURES, ROOT

SETTINGS = Settings(
    str(MODEL), provider="cpu", preprocess=str(ROOT / "preprocess.json"), labels=str(ROOT / "labels.txt")
)
WHOLE = Region(None, (0, 0, 96, 96))
RECORDS = [Record(path.name, str(path), name, (WHOLE,)) for path, name in zip(PICTURES, NAMES, strict=True)]


@pytest.fixture(scope="module")
def maker() -> RowMaker:
    return RowMaker(SETTINGS)


def test_a_row_says_what_explain_finds(maker: RowMaker) -> None:
    rows = maker(RECORDS)
    explained = onnxcam.explain(MODEL, [str(p) for p in PICTURES], provider="cpu", preprocess=SETTINGS.preprocess)
    shares = np.exp(explained.logits) / np.exp(explained.logits).sum(1, keepdims=True)
    assert [row["key"] for row in rows] == [path.name for path in PICTURES]
    assert [row["predicted"] for row in rows] == [row["label"] for row in rows] == NAMES
    assert [row["predicted_index"] for row in rows] == shares.argmax(1).tolist()
    np.testing.assert_allclose([row["confidence"] for row in rows], shares.max(1), rtol=1e-5)
    np.testing.assert_allclose([row["score"] for row in rows], explained.score, rtol=1e-5)
    assert all(row["is_correct"] is True and row["error"] is None for row in rows)
    for row, one, share in zip(rows, explained.map, shares, strict=True):
        y, x = np.unravel_index(one.argmax(), one.shape)
        assert (row["peak_x"], row["peak_y"]) == (x + 0.5, y + 0.5)
        assert row["top5"] == np.argsort(-share)[:5].tolist()
        assert row["top5_probability"] == pytest.approx(np.sort(share)[::-1][:5].tolist(), rel=1e-5)


@pytest.mark.parametrize("size", [1, 3])
def test_rows_do_not_depend_on_the_batch(maker: RowMaker, size: int) -> None:
    whole = maker(RECORDS)
    parts = [row for start in range(0, len(RECORDS), size) for row in maker(RECORDS[start : start + size])]
    for one, other in zip(whole, parts, strict=True):
        assert list(one) == list(other) == list(maker.columns)
        np.testing.assert_allclose(one.pop("grid"), other.pop("grid"), atol=1)
        for name, value in one.items():
            assert other[name] == (pytest.approx(value, rel=1e-3, abs=1e-5) if isinstance(value, float) else value) or (
                name == "top5_probability"
            )


def test_settings_records_and_rows_are_plain_values(maker: RowMaker) -> None:
    assert pickle.loads(pickle.dumps((SETTINGS, RECORDS))) == (SETTINGS, RECORDS)
    json.dumps(dataclasses.asdict(RECORDS[0]))
    json.dumps(maker(RECORDS[:2]), allow_nan=False)
    assert RowMaker(pickle.loads(pickle.dumps(SETTINGS)))(RECORDS[:1]) == maker(RECORDS[:1])


def test_a_record_that_cannot_be_read_does_not_take_others_with_it(maker: RowMaker, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(PICTURES[0].read_bytes()[:200])
    records = [
        RECORDS[0],
        Record("broken", str(broken), "star"),
        Record("gone", str(tmp_path / "gone.png")),
        RECORDS[1],
    ]
    rows = maker(records)
    assert [row["error"] is None for row in rows] == [True, False, False, True]
    assert "broken.png" in rows[1]["error"]
    assert "gone.png" in rows[2]["error"]
    assert rows[1]["predicted"] is None
    assert rows[1]["label"] == "star"
    assert list(rows[1]) == list(rows[0])


def test_one_that_fails_in_the_model_does_not_take_others_with_it(maker: RowMaker) -> None:
    records = [RECORDS[0], dataclasses.replace(RECORDS[1], label="hexagon"), RECORDS[2]]
    rows = RowMaker(dataclasses.replace(SETTINGS, target="label"))(records)
    assert [row["error"] is None for row in rows] == [True, False, True]
    assert "'hexagon', which is no class of the model" in rows[1]["error"]
    assert rows[2]["class_name"] == NAMES[2]


@pytest.mark.parametrize("label", [3, "star", "STAR"])
def test_a_label_is_a_class_by_index_or_by_name(label: str | int) -> None:
    (row,) = RowMaker(dataclasses.replace(SETTINGS, target="label"))([Record("a", str(PICTURES[0]), label)])
    assert (row["label_index"], row["class_index"], row["class_name"]) == (3, 3, "star")
    assert row["is_correct"] is False
    assert row["target"] == "star (3)"
    assert row["probability"] < 0.5 < row["confidence"]


def test_regions_are_those_that_the_model_sees(maker: RowMaker) -> None:
    outside = Region(None, (200, 200, 300, 300))
    (row,) = maker([dataclasses.replace(RECORDS[0], regions=(WHOLE, outside))])
    assert row["regions"] == 1


def test_a_target_with_several_maps_is_refused() -> None:
    with pytest.raises(onnxcam.InputError, match="'top3' has several maps for a picture, and a row holds one"):
        RowMaker(dataclasses.replace(SETTINGS, target="top3"))


HEADS = ROOT / "heads"


def head_rows(model: str, **options: object) -> list[dict[str, object]]:
    picture = HEADS / "discs.png"
    return RowMaker(Settings(str(HEADS / model), provider="cpu", **options))([Record("discs", str(picture))] * 2)


def test_a_detector_predicts_the_class_of_its_best_box() -> None:
    explained = onnxcam.explain(HEADS / "detect.onnx", str(HEADS / "discs.png"), provider="cpu")
    for row in head_rows("detect.onnx"):
        assert row["error"] is None
        assert row["predicted_index"] == row["class_index"] == explained.class_index[0]
        assert row["predicted"] == explained.class_name[0]
        assert row["confidence"] == row["probability"] == pytest.approx(1, abs=1e-3)


def test_a_segmentation_predicts_by_its_mean_over_positions() -> None:
    explained = onnxcam.explain(HEADS / "segment.onnx", str(HEADS / "discs.png"), provider="cpu")
    powers = np.exp(explained.logits[0] - explained.logits[0].max(0))
    shares = (powers / powers.sum(0)).mean((1, 2))
    for row in head_rows("segment.onnx"):
        assert row["error"] is None
        assert row["class_index"] == explained.class_index[0]
        assert row["probability"] == pytest.approx(shares[row["class_index"]], rel=1e-5)
        assert row["predicted_index"] == shares.argmax()


def test_a_single_score_has_a_probability_and_no_class() -> None:
    (row, _) = head_rows("redness.onnx")
    assert row["error"] is None
    assert row["class_index"] is None
    assert row["probability"] is None
    assert isinstance(row["entropy"], float)


def test_a_sound_has_a_row_without_figures() -> None:
    signals = ROOT / "signals"
    (row,) = RowMaker(Settings(str(signals / "tones.onnx"), provider="cpu"))(
        [Record("tones", str(signals / "two-tones.wav"))]
    )
    assert row["error"] is None
    assert row["predicted_index"] in (0, 1)
    assert row["entropy"] is None


def test_a_file_of_several_samples_is_no_record(maker: RowMaker, tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.zeros((2, 3, 96, 96), np.float32))
    (row,) = maker([Record("two", str(tmp_path / "two.npy"))])
    assert row["error"] == "the file holds 2 samples, and a record is one."


def test_a_region_lies_where_the_picture_does() -> None:
    """In a letterbox the borders are no part of any; what a crop leaves out is none."""
    picture = np.zeros((40, 80, 3), np.uint8)
    whole, left = Region(None, (0, 0, 80, 40)), Region(None, (0, 0, 5, 40))
    boxed = Picture(picture, frame(Preprocess(resize="letterbox"), (40, 80), (32, 32)))
    (area,) = on_input([whole], boxed)
    assert area[8:24].all()
    assert not area[:8].any()
    assert not area[24:].any()
    cropped = Picture(picture, frame(Preprocess(size=(40, 80), resize="stretch", crop=(40, 40)), (40, 80), (40, 40)))
    assert [one.sum() for one in on_input([whole, left], cropped)] == [1600]
    assert on_input([], boxed) == ()
