"""Of a trained network, Grad-CAM's map is better than its contrary, by every figure that says what is better."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.imaging import read_image
from onnxcam.metrics import METRICS, Subject, find_metrics, measure

MODELS = Path(__file__).parents[2] / "models"
INDEX = json.loads((MODELS / "pictures" / "index.json").read_text())


@pytest.fixture(scope="module")
def figures() -> tuple[dict[str, float], dict[str, float]]:
    """The figures of Grad-CAM's map of a heart, and of the same map turned to its contrary."""
    explainer = onnxcam.Explainer(
        MODELS / "shapes-torchscript.onnx", provider="cpu", preprocess=MODELS / "preprocess.json"
    )
    entry = INDEX[5]
    target = entry["class_index"]
    pixels = read_image(MODELS / "pictures" / entry["file"])
    tensor = ((pixels / 255 - 0.5) / 0.25).astype(np.float32).transpose(2, 0, 1).copy()
    region = read_image(MODELS / "pictures" / entry["mask"])[:, :, 0] > 127

    def probe(tensors: NDArray[np.float32]) -> NDArray[np.float64]:
        odds = np.exp(explainer.explain(tensors, target).logits.astype(np.float64))
        return odds[:, target] / odds.sum(axis=1)

    def remap(tensors: NDArray[np.float32]) -> NDArray[np.float32]:
        return explainer.explain(tensors, target).map

    map = remap(tensor[None])[0]
    metrics = [metric for metric in find_metrics() if metric.better]
    one, other = (measure(Subject(map, (region,), tensor, probe, remap), metrics) for map in (map, 1 - map))
    return one, other


# A picture seen through a small map is mostly blank; its contrary leaves more of the picture, and of the confidence.
@pytest.mark.parametrize(
    "name", [name for name, metric in METRICS.items() if metric.better and name not in {"average-drop", "increase"}]
)
def test_the_map_is_better_than_its_contrary(name: str, figures: tuple[dict[str, float], dict[str, float]]) -> None:
    better, worse = (one[name] for one in figures)
    assert better > worse if METRICS[name].better == "higher" else better < worse


def test_road_turns_with_the_map(figures: tuple[dict[str, float], dict[str, float]]) -> None:
    """What goes first by the map goes last by its contrary."""
    map, contrary = (one["road"] for one in figures)
    assert map > 0.2
    assert contrary == pytest.approx(-map, abs=0.1)
