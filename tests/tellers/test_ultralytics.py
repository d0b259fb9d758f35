"""The metadata that Ultralytics' exporters write are read as their own loaders read them."""

from __future__ import annotations

import pytest

from onnxcam.imaging import PRESETS, Preprocess
from tests.tellers.conftest import PLAIN, Ask

DETECTOR = """g (float[N, 3, H, W] x) => (float[N, 6, M] y) {
    s = Constant <value_ints = [0, 3, -1]> () r = Reshape(x, s) y = Concat <axis = 1> (r, r) }"""
NAMES = {"names": "{0: 'cat', 1: 'dog'}", "stride": "32"}


def test_a_detector_takes_a_letterbox(ask: Ask) -> None:
    found = ask(DETECTOR, metadata=NAMES | {"task": "detect", "imgsz": "[480, 640]", "channels": "3"})
    name = "Ultralytics' metadata in the file"
    assert found.preprocess == Preprocess(name, size=(480, 640), resize="letterbox", pad=114)
    assert (found.labels, found.picture_notes, found.notes) == (("cat", "dog"), (), ())


def test_a_classifier_takes_the_centre(ask: Ask) -> None:
    found = ask(PLAIN.replace("7", "2"), metadata=NAMES | {"task": "classify", "imgsz": "[32, 32]"})
    spec = found.preprocess
    assert (spec.resize, spec.crop, spec.crop_ratio, spec.scale, spec.mean) == (
        "shortest",
        (32, 32),
        1.0,
        1 / 255,
        (0.0,),
    )


def test_yolov5_says_less(ask: Ask) -> None:
    detector, classifier = ask(DETECTOR, metadata=NAMES), ask(metadata=NAMES)
    assert (detector.preprocess.resize, detector.preprocess.mean) == ("letterbox", (0.0,))
    assert (classifier.preprocess.resize, classifier.preprocess.mean) == ("shortest", PRESETS["imagenet"].mean)
    assert "640 x 640 is assumed, with a border" in detector.picture_notes[0]


def test_the_size_of_a_fixed_model_wins(ask: Ask) -> None:
    text = DETECTOR.replace("H, W", "96, 96")
    found = ask(text, metadata=NAMES | {"task": "detect", "imgsz": "[480, 640]"})
    assert (found.preprocess.size, found.preprocess.resize) == (None, "letterbox")
    assert found.picture_notes == (
        "the model takes 96 x 96 pixels, what was found says 480 x 640: the model's size is taken",
    )


@pytest.mark.parametrize("imgsz", ["", "[640", "[0, 640]", "'a'", "[1, 2, 3]", "(" * 500, "{}"])
def test_a_damaged_size_is_none(ask: Ask, imgsz: str) -> None:
    found = ask(DETECTOR, metadata=NAMES | {"task": "detect", "imgsz": imgsz})
    assert (found.preprocess.resize, found.preprocess.size) == ("letterbox", (640, 640))


def test_one_channel_is_grey(ask: Ask) -> None:
    found = ask(DETECTOR.replace("N, 3", "N, 1"), metadata=NAMES | {"task": "detect", "channels": "1"})
    assert found.preprocess.channel_order == "gray"
