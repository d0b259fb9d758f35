"""The bundled network: one set of weights through five exporters and three precisions, on pictures with known masks."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.imaging import read_image

Figure = Callable[[str], None]
MODELS = Path(__file__).parents[1] / "models"
INDEX = json.loads((MODELS / "pictures" / "index.json").read_text())
FLOAT32 = ("torchscript", "dynamo", "keras", "jax", "paddle")
EVERY = (*FLOAT32, "float16", "int8")


@functools.cache
def explained(name: str) -> onnxcam.Explanation:
    """The bundled pictures by one of the files, each with the class that it shows."""
    suffix = "-nhwc" if name in {"keras", "jax"} else ""
    explainer = onnxcam.Explainer(
        MODELS / f"shapes-{name}.onnx",
        provider="cpu",
        preprocess=MODELS / f"preprocess{suffix}.json",
        labels=MODELS / "labels.txt",
    )
    pictures = [MODELS / "pictures" / entry["file"] for entry in INDEX]
    return explainer.explain(pictures, [entry["class_index"] for entry in INDEX])


def is_peak_inside(result: onnxcam.Explanation, index: int) -> bool:
    """Whether the map is largest inside the object's mask, on the original picture."""
    mask = read_image(MODELS / "pictures" / INDEX[index]["mask"])[:, :, 0] > 127
    saliency = result.pictures[index].geometry.to_original(result.map[index])
    return bool(mask[np.unravel_index(saliency.argmax(), saliency.shape)])


@pytest.mark.parametrize("name", EVERY)
def test_every_file_predicts_the_class(name: str) -> None:
    result = explained(name)
    assert result.logits.argmax(1).tolist() == [entry["class_index"] for entry in INDEX]
    assert result.class_name == tuple(entry["label"] for entry in INDEX)


@pytest.mark.parametrize("name", FLOAT32[1:])
def test_every_exporter_gives_the_same_map(name: str, figure: Figure) -> None:
    """PyTorch's two, Keras and JAX with channels last, Paddle: one layer, its channels in one order."""
    reference, result = explained(FLOAT32[0]), explained(name)
    gaps = {key: relative(getattr(result, key), getattr(reference, key)) for key in ("activation", "gradient", "raw")}
    gaps["map"] = float(np.abs(result.map - reference.map).max())
    figure(f"bundled network, {name} against {FLOAT32[0]}: " + ", ".join(f"{k} {v:.1e}" for k, v in gaps.items()))
    assert max(gaps.values()) < 1e-5, gaps


@pytest.mark.parametrize(("name", "rounding"), [("float16", 5e-3), ("int8", 0.15)], ids=["float16", "int8"])
def test_a_coarser_twin_gives_nearly_the_same_map(name: str, rounding: float, figure: Figure) -> None:
    gap = relative(explained(name).raw, explained(FLOAT32[0]).raw)
    figure(f"bundled network, {name} against {FLOAT32[0]}: raw {gap:.1e}")
    assert gap < rounding


@pytest.mark.parametrize("name", EVERY)
def test_the_peak_lies_in_the_mask(name: str, figure: Figure) -> None:
    inside = [is_peak_inside(explained(name), i) for i in range(len(INDEX))]
    correlations = [correlation(a, b) for a, b in zip(explained(name).map, explained(FLOAT32[0]).map, strict=True)]
    figure(
        f"bundled network, {name}: {np.mean(inside):.0%} of the peaks in the mask, "
        f"correlation with float32 {np.mean(correlations):.4f}"
    )
    assert np.mean(inside) >= 0.9
    assert np.min(correlations) > {"float16": 0.999, "int8": 0.95}.get(name, 0.9999)


def relative(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())


def correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])
