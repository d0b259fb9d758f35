"""The gradients of quantised files against those of their twins in float operators, in direction."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.autodiff.check import pull_back
from onnxcam.graph import load
from onnxcam.imaging import load_preprocess, read_image, to_tensor
from tests.running import run_plainly
from tests.saturation import needs_exact_int8
from tests.shared import shared
from tests.shipped.float_twin import float_twin, rounded_twin
from tests.shipped.inputs import INPUTS
from tests.shipped.test_gradients import LAYERS

Array = NDArray[Any]
Figure = Callable[[str], None]

BUNDLED = "shapes-int8"
MODELS = Path(__file__).parents[2] / "models"
FLOAT = {
    "mnist-cntk-dynq": {"default": 0.98, "first": 0.98},
    "shufflenetv2-int8-qlinear": {"default": 0.98, "first": 0.4},
    BUNDLED: {"default": 0.85, "first": 0.85},
}
"""The least cosine accepted: rounding puts an activation on the other side of a Relu, at each of 56 layers anew."""
ROUNDED = {
    "mnist-cntk-dynq": {"default": 0.9999, "first": 0.9999},
    "shufflenetv2-int8-qlinear": {"default": 0.9999, "first": 0.8},
}
"""The same for the twin that rounds as the file does, a sum that lies between two integers aside."""
KINDS = {"float": (float_twin, FLOAT), "rounded": (rounded_twin, ROUNDED)}
TWINS = [pytest.param((name, kind), id=f"{name}-{kind}") for kind, (_, names) in KINDS.items() for name in names]


def file_and_feeds(name: str) -> tuple[Path, dict[str, Array]]:
    if name != BUNDLED:
        return shared(f"models/{name}/model.onnx"), INPUTS[name]()
    image = read_image(MODELS / "pictures" / "circle-0.png")
    tensor, _ = to_tensor(image, load_preprocess(MODELS / "preprocess.json"))
    return MODELS / f"{name}.onnx", {"input": tensor[None]}


@dataclasses.dataclass(frozen=True)
class Pair:
    """A quantised file and its twin.

    Attributes:
        name: Of the file.
        kind: `float` or `rounded`.
        path: The file.
        feeds: What it is fed.
        twin: The twin's file.
    """

    name: str
    kind: str
    path: Path
    feeds: dict[str, Array]
    twin: Path


@pytest.fixture
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Pair:
    name, kind = request.param
    path, feeds = file_and_feeds(name)
    model = KINDS[kind][0](onnx.load(path))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, tmp_path / "twin.onnx")
    return Pair(name, kind, path, feeds, tmp_path / "twin.onnx")


def cosine(a: Array, b: Array) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))


@pytest.mark.parametrize("pair", TWINS, indirect=True)
def test_the_twin_gives_the_scores(pair: Pair) -> None:
    needs_exact_int8(pair.name)
    given, twins = (next(iter(run_plainly(onnx.load(p), pair.feeds).values())) for p in (pair.path, pair.twin))
    assert cosine(given, twins) > 0.99


@pytest.mark.parametrize("which", LAYERS)
@pytest.mark.parametrize("pair", TWINS, indirect=True)
def test_the_gradient_points_where_the_twins_points(pair: Pair, which: str, figure: Figure) -> None:
    """(Unoptimised, the twin computes what it says: ONNX Runtime would make integer operators of its own of it.)"""
    needs_exact_int8(pair.name)
    plan = onnxcam.Explainer(pair.path, provider="cpu").plan
    layer = plan.layer if which == "default" else plan.candidates[0].layer
    explainer = onnxcam.Explainer(pair.path, layer=layer, provider="cpu")
    logits, _, _ = explainer.gradient(pair.feeds, np.zeros_like)
    best = np.eye(logits.shape[1], dtype=np.float32)[logits.argmax(axis=1)]
    _, _, found = explainer.gradient(pair.feeds, best)
    expected = pull_back(load(pair.twin), pair.feeds, layer, {plan.output: best}, run_plainly, run_plainly)
    measured = cosine(found, expected)
    figure(f"quantised, {pair.name}, {which} layer: cosine with the gradient of the {pair.kind} twin {measured:.4f}")
    assert measured > KINDS[pair.kind][1][pair.name][which]
