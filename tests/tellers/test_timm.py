"""timm's configuration is read as timm writes it; tests/oracles holds the pictures against timm's own."""

from __future__ import annotations

from typing import Any

import pytest

from onnxcam.imaging import Preprocess
from tests.tellers.conftest import PLAIN, Ask

FILE = "config.json"
SOURCE = "timm's config.json beside the model"
PRETRAINED = {
    "input_size": [3, 32, 32],
    "test_input_size": [3, 64, 64],
    "interpolation": "bicubic",
    "crop_pct": 0.95,
    "test_crop_pct": 1.0,
    "crop_mode": "center",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}


def config(**changes: Any) -> dict[str, dict[str, Any]]:
    return {FILE: {"architecture": "resnet50", "num_classes": 7, "pretrained_cfg": PRETRAINED | changes}}


def test_every_setting_is_taken(ask: Ask) -> None:
    found = ask(files=config())
    assert found.preprocess == Preprocess(
        SOURCE,
        size=(33, 33),
        resize="shortest",
        crop=(32, 32),
        crop_ratio=0.95,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
        pad=(124, 116, 104),
        interpolation="bicubic",
    )
    assert (found.origin, found.notes, found.picture_notes) == ("told", (), ())


def test_a_model_of_the_size_for_tests_is_cut_as_tests_do(ask: Ask) -> None:
    spec = ask(PLAIN.replace("32, 32", "64, 64"), files=config()).preprocess
    assert (spec.size, spec.crop) == ((64, 64), (64, 64))


def test_a_model_of_another_size_keeps_the_ratio(ask: Ask) -> None:
    found = ask(PLAIN.replace("32, 32", "48, 48"), files=config())
    assert (found.preprocess.size, found.preprocess.crop) == (None, None)
    assert found.preprocess.crop_ratio == pytest.approx(32 / 33)
    assert "the model takes 48 x 48 pixels, what was found says 32 x 32" in found.picture_notes[0]


@pytest.mark.parametrize(("mode", "resize"), [("squash", "stretch"), ("border", "letterbox"), (None, "shortest")])
def test_modes_of_cutting(ask: Ask, mode: str | None, resize: str) -> None:
    assert ask(files=config(crop_mode=mode)).preprocess.resize == resize


def test_the_flat_form_of_old_versions(ask: Ask) -> None:
    found = ask(files={FILE: {"architecture": "resnet50", "input_size": [3, 32, 32], "mean": [0.5, 0.5, 0.5]}})
    assert (found.preprocess.mean, found.preprocess.size) == ((0.5,), (36, 36))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"crop_pct": 1.15}, "'crop_pct' is 1.15"),
        ({"input_size": [3, 32]}, "'input_size' is [3, 32]"),
        ({"mean": [0.5, "a", 0.5]}, "'mean' is"),
        ({"std": [0.0, 0.0, 0.0]}, "'std' is"),
    ],
    ids=["ratio", "size", "mean", "std"],
)
def test_what_cannot_be_used_gives_a_note(ask: Ask, changes: dict[str, Any], said: str) -> None:
    found = ask(files=config(**changes))
    assert found.origin == "assumed"
    assert said in found.notes[0]


def test_class_names_are_described(ask: Ask) -> None:
    names = [f"n0144076{i}" for i in range(7)]
    files = config()
    files[FILE] |= {"label_names": names, "label_descriptions": {"n01440764": "tench, Tinca tinca"}}
    found = ask(files=files)
    assert found.labels == (*names[:4], "tench, Tinca tinca", *names[5:])
    assert found.labels_source == SOURCE
