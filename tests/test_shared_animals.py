"""Real detectors and classifiers on a picture with a dog and a cat, whose boxes were drawn by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import onnxcam
from onnxcam.targets.detection import overlaps
from tests.shared import shared

ANIMALS = {"dog": (16, (78, 14, 165, 148)), "cat": (15, (46, 119, 198, 224))}
DETECTORS = {
    "fastestdet-decoded": onnxcam.Preprocess(channel_order="bgr"),
    "picodet-s-320-paddle": "imagenet-stretched",
    "yolox-nano": None,
}
CLASSIFIERS: dict[str, dict[str, int | str]] = {
    "customvision-cat-or-dog-op7": {"dog": "dog", "cat": "cat"},
    "shufflenetv2-int8-qlinear": {"dog": 243, "cat": 281},
    "squeezenet-fp16-caffe2": {"dog": 243, "cat": 281},
}
"""Bull mastiff and tabby in ImageNet."""
Figure = Callable[[str], None]


def energy_inside(saliency: np.ndarray, box: tuple[int, ...]) -> float:
    left, top, right, bottom = box
    return float(saliency[top:bottom, left:right].sum() / saliency.sum())


@pytest.mark.parametrize("animal", ANIMALS)
@pytest.mark.parametrize("name", DETECTORS)
def test_the_box_and_the_map_lie_on_the_animal(name: str, animal: str, figure: Figure) -> None:
    preprocess = DETECTORS[name]
    if preprocess == "imagenet-stretched":
        preprocess = onnxcam.Preprocess(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
    explainer = onnxcam.Explainer(shared(f"models/{name}/model.onnx"), provider="cpu", preprocess=preprocess)
    label, drawn = ANIMALS[animal]
    result = explainer.explain(shared("images/both.png"), f"{label} box 0")
    found = np.array([float(v) for v in result.target[0].rpartition(" in ")[2].split(",")])
    saliency = result.pictures[0].geometry.to_original(result.map[0])
    inside, share = energy_inside(saliency, drawn), (drawn[2] - drawn[0]) * (drawn[3] - drawn[1]) / saliency.size
    overlap = float(overlaps(found[None], np.array(drawn, float))[0])
    figure(f"{name}, {animal}: IoU {overlap:.2f}, energy inside {inside:.2f}, the box's share {share:.2f}")
    assert overlap > 0.6
    assert inside > 1.25 * share


@pytest.mark.parametrize("animal", ANIMALS)
@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_map_of_a_class_lies_on_the_animal(name: str, animal: str, figure: Figure) -> None:
    """No option but the picture and the class: layer, score and preprocessing are onnxcam's own choice."""
    explainer = onnxcam.Explainer(shared(f"models/{name}/model.onnx"), provider="cpu")
    result = explainer.explain(shared("images/both.png"), CLASSIFIERS[name][animal])
    saliency = result.pictures[0].geometry.to_original(result.map[0])
    drawn, other = ANIMALS[animal][1], next(box for key, (_, box) in ANIMALS.items() if key != animal)
    inside, share = energy_inside(saliency, drawn), (drawn[2] - drawn[0]) * (drawn[3] - drawn[1]) / saliency.size
    figure(f"{name}, {animal}: energy inside {inside:.2f}, the box's share {share:.2f}")
    assert inside > 1.25 * share
    assert (
        saliency[drawn[1] : drawn[3], drawn[0] : drawn[2]].mean()
        > saliency[other[1] : other[3], other[0] : other[2]].mean()
    )


def test_a_face_is_found(figure: Figure) -> None:
    explainer = onnxcam.Explainer(shared("models/blazeface-back-tf2onnx/model.onnx"), provider="cpu")
    result = explainer.explain(shared("images/skimage/astronaut.png"))
    left, top, right, bottom = (int(v) for v in result.target[0].rpartition(" in ")[2].split(","))
    saliency = result.pictures[0].geometry.to_original(result.map[0])
    inside = energy_inside(saliency, (left, top, right, bottom))
    figure(f"blazeface: {result.target[0]}, energy inside {inside:.2f}")
    y, x = np.unravel_index(saliency.argmax(), saliency.shape)
    assert left < x < right
    assert top < y < bottom
    assert inside > 0.5
