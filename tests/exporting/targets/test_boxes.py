"""Detectors in a file: the best box of all, of a class, and of the class that a run names, by every family's head."""

from __future__ import annotations

import numpy as np
import pytest

import onnxcam
from onnxcam.exporting.targets.boxes import RANKINGS, ranking
from onnxcam.targets import DECODERS, Box, ClassIndex, Contrast, Negative, Several
from tests.conftest import Write
from tests.exporting.targets.checking import Array, Exported
from tests.exporting.targets.heads import HEADS, write_detector


def pictures(count: int = 6, *size: int) -> Array:
    drawn = np.random.default_rng(3).standard_normal((count, 3, *(size or (32, 32))))
    return drawn.astype(np.float32)


@pytest.mark.parametrize("name", HEADS)
def test_the_best_box_of_all_or_of_the_class_that_a_run_names(write_model: Write, name: str) -> None:
    model, head = write_detector(write_model, name)
    exported, x, classes = Exported.of(model, head=head), pictures(), HEADS[name].classes
    found = exported.check(x)
    if classes == 1:
        assert exported.names == "the best box"
        return
    assert len(set(found)) > 1
    assert exported.names == "the best box of the class that cam_target names, or of all"
    exported.check_chosen(x, [2, -1, 1, classes, classes - 1, 900], classes)  # too large is none, as -1 is


def test_every_family_is_ranked_and_has_a_head_here() -> None:
    assert set(RANKINGS) == set(DECODERS) == {name.split(",")[0] for name in HEADS}


@pytest.mark.parametrize("name", ["yolov8", "yolov5", "ssd", "detr"])
def test_a_fixed_box(write_model: Write, name: str) -> None:
    model, head = write_detector(write_model, name)
    targets = Several((Box(0), Box(0, 1), ClassIndex(1), Negative(Box(0, 2)), Contrast(1, 0)))
    exported = Exported.of(model, targets, head=head, labels=["cat", "dog", "fox", "hen", "pig"])
    assert (
        exported.names
        == "the best box, the best box of dog (1), dog (1), not the best box of fox (2), dog (1) vs cat (0)"
    )
    assert exported.inputs == ["x"]
    exported.check(pictures())


@pytest.mark.parametrize("name", ["yolov8", "yolov5", "gfl"])
def test_sizes_that_stay_open(write_model: Write, name: str) -> None:
    model, head = write_detector(write_model, name, is_open=True)
    exported = Exported.of(model, head=head, inputs=pictures())
    for size in ((32, 32), (64, 40)):
        exported.check_chosen(pictures(4, *size), [2, -1, 1, 3], 3)


def test_a_scaled_map(write_model: Write) -> None:
    model, head = write_detector(write_model, "yolov8")
    Exported.of(model, raw=False, head=head).check_chosen(pictures(), [2, -1, 1, 0, 2, 7], 3)


def test_of_boxes_that_are_equally_probable_the_first_is_the_best(write_model: Write) -> None:
    model, head = write_detector(write_model, "yolov5")
    exported = Exported.of(model, head=head, method="hires-cam")
    x = np.tile(pictures(6, 8, 8), (4, 4))
    exported.check_chosen(x, [-1, 0, 1, 2, -1, 3], 3)
    assert not exported.run(x)["cam"].reshape(6, -1)[:, 1:].any()


def test_a_head_that_is_recognised(write_model: Write) -> None:
    model, _ = write_detector(write_model, "yolov8")
    exported = Exported.of(model)
    assert exported.names == "the best box of the class that cam_target names, or of all"
    exported.check(pictures())


def test_a_family_without_a_ranking_is_refused(write_model: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    model, head = write_detector(write_model, "yolov8")
    monkeypatch.delitem(RANKINGS, "yolov8")
    with pytest.raises(onnxcam.InputError, match="the boxes of 'yolov8' cannot be ranked in a file"):
        Exported.of(model, head=head)


def test_a_family_has_one_ranking() -> None:
    with pytest.raises(ValueError, match="'yolov8' is ranked twice"):
        ranking("yolov8")(lambda op, scores, found: None)
