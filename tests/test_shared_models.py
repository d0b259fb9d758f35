"""Real exported files: every verified classifier, through the command line, on a picture that it knows."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

import onnxcam
from onnxcam.cli.main import cli
from tests.saturation import needs_exact_int8
from tests.shared import cards, shared

IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
MNIST = {"channel_order": "gray", "mean": [0.1307], "std": [0.3081]}
RAW = {"channel_order": "gray", "scale": 1.0}
DOG, CAT = (78, 14, 165, 148), (46, 119, 198, 224)  # boxes on both.png: left, top, right, bottom
MARGIN = 24


@dataclasses.dataclass(frozen=True)
class Known:
    """A picture that a model knows.

    Attributes:
        model: Folder of the model.
        preprocess: What its card says.
        target: Class to explain.
        box: The animal on both.png; the picture is cut out around it. None for a digit.
        digits: File, array and index of a digit.
    """

    model: str
    preprocess: dict[str, Any]
    target: str
    box: tuple[int, int, int, int] | None = None
    digits: tuple[str, str, int] | None = None


KNOWN = (
    Known("cifar-mlperftiny-tf2onnx", {"scale": 1.0}, "5", DOG),
    Known("cifar-resnet20-dynamo", IMAGENET, "5", DOG),
    Known("cifar-resnet20-torchscript", IMAGENET, "5", DOG),
    Known("cifar-winml-pytorch17", {"mean": [0.5], "std": [0.5]}, "3", CAT),
    Known("customvision-cat-or-dog-op7", {"scale": 1.0, "channel_order": "bgr"}, "dog", DOG),
    Known("customvision-cat-or-dog-op7", {"scale": 1.0, "channel_order": "bgr"}, "cat", CAT),
    Known(
        "squeezenet-fp16-caffe2",
        {"scale": 1.0, "channel_order": "bgr", "mean": [104, 117, 123], "resize": "shortest"},
        "243",
        DOG,
    ),
    Known("shufflenetv2-int8-qlinear", IMAGENET | {"resize": "shortest"}, "243", DOG),
    Known("mnist-burn-pytorch2", MNIST, "predicted", digits=("mnist124.npz", "x", 1)),
    Known("mnist-cntk", RAW, "predicted", digits=("mnist124.npz", "x", 8)),
    Known("mnist-cntk-dynq", RAW, "predicted", digits=("mnist124.npz", "x", 9)),
    Known("mnist-ort-java-pytorch11", MNIST, "predicted", digits=("mnist124.npz", "x", 0)),
    Known("mnist-winmltools-coreml", RAW, "predicted", digits=("mnist124.npz", "x", 0)),
    Known("mnist-dianna-binary", RAW, "predicted", digits=("binary-mnist.npz", "X_test", 3)),
)
IDS = [f"{k.model}-{k.target}" for k in KNOWN]


def picture(known: Known, folder: Path) -> tuple[Path, tuple[int, int, int, int]]:
    """The picture as a file, and the object's box on it."""
    if known.digits is not None:
        name, array, index = known.digits
        digit = np.load(shared(f"images/{name}"))[array].reshape(-1, 28, 28)[index]
        rows, columns = np.nonzero(digit > 50)
        Image.fromarray(digit).save(folder / "digit.png")
        return folder / "digit.png", (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert known.box is not None
    left, top, right, bottom = known.box
    x, y = max(left - MARGIN, 0), max(top - MARGIN, 0)
    whole = Image.open(shared("images/both.png")).convert("RGB")
    whole.crop((x, y, min(right + MARGIN, 224), min(bottom + MARGIN, 224))).save(folder / "animal.png")
    return folder / "animal.png", (left - x, top - y, right - x, bottom - y)


def digit_of(known: Known) -> int:
    """The digit that the picture shows."""
    name, _, index = known.digits or ("", "", 0)
    return int(np.load(shared(f"images/{name}"))["y" if name == "mnist124.npz" else "y_test"][index])


@pytest.mark.parametrize("known", KNOWN, ids=IDS)
def test_the_peak_lies_on_the_object(known: Known, tmp_path: Path) -> None:
    model = shared(f"models/{known.model}/model.onnx")
    path, (left, top, right, bottom) = picture(known, tmp_path)
    (tmp_path / "preprocess.json").write_text(json.dumps(known.preprocess))
    options = ["--target", known.target, "--preprocess", str(tmp_path / "preprocess.json"), "--provider", "cpu"]
    result = CliRunner().invoke(
        cli, ["explain", str(model), str(path), *options, "-o", str(tmp_path / "out"), "--json"]
    )
    assert result.exit_code == 0, result.stderr
    (found,) = json.loads(result.stdout)["inputs"]
    x, y = found["peak"]["x"], found["peak"]["y"]
    assert left <= x < right, found
    assert top <= y < bottom, found
    assert (tmp_path / "out" / found["overlay"]).is_file()
    if known.target == "predicted":
        assert found["class_index"] == digit_of(known)


# Where the right preprocessing is found of a model that tells it, and what is rightly assumed of one that does not.
SCALER = "values from the ImageScaler at the graph's start, which takes 0..255; "
TOLD = {
    "customvision-cat-or-dog-op7": SCALER + "channel order from the file's image metadata",
    "mnist-winmltools-coreml": SCALER + "channel order from the input's description",
    "shufflenetv2-int8-qlinear": "values from the range that the input was quantised for (-2.13 to 2.63)",
    "squeezenet-fp16-caffe2": "'caffe', which is assumed",
    "mnist-cntk": "'raw', which is assumed",
}
# Models whose files say nothing, and that see another class in the picture as it is assumed to be taken.
UNSAID = {"cifar-mlperftiny-tf2onnx", "mnist-dianna-binary"}


@pytest.mark.parametrize("known", KNOWN, ids=IDS)
def test_the_right_class_is_found_with_no_option(known: Known, tmp_path: Path, figure: Callable[[str], None]) -> None:
    needs_exact_int8(known.model)
    model = shared(f"models/{known.model}/model.onnx")
    path, _ = picture(known, tmp_path)
    explainer = onnxcam.Explainer(model, provider="cpu")
    result = explainer.explain(path)
    found = result.class_name[0] if known.target in ("cat", "dog") else str(result.class_index[0])
    right = str(digit_of(known)) if known.target == "predicted" else known.target
    told = explainer.preparation
    verdict = "right" if found == right else "wrong"
    figure(f"no option, {known.model}: {found} is {verdict} ({told.source})")
    assert (verdict == "wrong") == (known.model in UNSAID)
    assert told.source.startswith(TOLD.get(known.model, ""))
    assert any("is assumed" in note for note in result.notes) == (
        known.model not in {"customvision-cat-or-dog-op7", "mnist-winmltools-coreml"}
    )


def test_every_verified_classifier_has_a_row() -> None:
    """Told by the cards: a verified model with few scores a sample and one picture as input."""
    tasks = ("CIFAR", "MNIST", "ImageNet", "cat/dog")
    verified = {
        name
        for name, card in cards().items()
        if card["status"].startswith("VERIFIED") and str(card.get("task", "")).startswith(tasks)
    }
    assert verified == ({k.model for k in KNOWN} if verified else set())


def test_every_file_that_can_be_loaded_is_inspected() -> None:
    """Whatever is in a file, `inspect` says what it is, in one line where it is no model that can be read."""
    for name in cards():
        result = CliRunner().invoke(cli, ["inspect", str(shared(f"models/{name}/model.onnx"))])
        assert result.exit_code in (0, 2), (name, result.stderr)
        assert result.exit_code == 0 or result.stderr.count("\n") == 1, (name, result.stderr)
