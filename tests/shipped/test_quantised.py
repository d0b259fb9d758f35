"""The gradients of quantised files against those of their float twins, in direction."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.imaging import load_preprocess, read_image, to_tensor
from tests.shared import shared
from tests.shipped.float_twin import float_twin
from tests.shipped.inputs import INPUTS
from tests.shipped.test_gradients import LAYERS, MISSING

Array = NDArray[Any]
Figure = Callable[[str], None]

BUNDLED = "shapes-int8"
MODELS = Path(__file__).parents[2] / "models"
COSINES = {"mnist-cntk-dynq": 0.9, "shufflenetv2-int8-qlinear": 0.7, BUNDLED: 0.85}
"""The least that is accepted: a rounded activation may lie on the other side of a Relu."""
RULED = [name for name in COSINES if name not in MISSING]


def file_and_feeds(name: str) -> tuple[Path, dict[str, Array]]:
    if name != BUNDLED:
        return shared(f"models/{name}/model.onnx"), INPUTS[name]()
    image = read_image(MODELS / "pictures" / "circle-0.png")
    tensor, _ = to_tensor(image, load_preprocess(MODELS / "preprocess.json"))
    return MODELS / f"{name}.onnx", {"input": tensor[None]}


@pytest.fixture
def twin(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    model = float_twin(onnx.load(file_and_feeds(request.param)[0]))
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, tmp_path / "twin.onnx")
    return tmp_path / "twin.onnx"


def cosine(a: Array, b: Array) -> float:
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(np.vdot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))


def run(path: Path, feeds: dict[str, Array]) -> Array:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, feeds)[0])


@pytest.mark.parametrize(("name", "twin"), [(name, name) for name in COSINES], ids=COSINES, indirect=["twin"])
def test_the_twin_gives_the_scores(name: str, twin: Path) -> None:
    path, feeds = file_and_feeds(name)
    assert cosine(run(path, feeds), run(twin, feeds)) > 0.99


@pytest.mark.parametrize("which", LAYERS)
@pytest.mark.parametrize(("name", "twin"), [(name, name) for name in RULED], ids=RULED, indirect=["twin"])
def test_the_gradient_points_where_the_twins_points(name: str, twin: Path, which: str, figure: Figure) -> None:
    path, feeds = file_and_feeds(name)
    plan = onnxcam.Explainer(path, provider="cpu").plan
    layer = plan.layer if which == "default" else plan.candidates[0].layer
    explainers = [onnxcam.Explainer(p, layer=layer, output=plan.output, provider="cpu") for p in (path, twin)]
    logits, _, _ = explainers[0].gradient(feeds, np.zeros_like)
    best = np.eye(logits.shape[1], dtype=np.float32)[logits.argmax(axis=1)]
    found, expected = (explainer.gradient(feeds, best)[2] for explainer in explainers)
    figure(
        f"quantised, {name}, {which} layer: cosine with the gradient of the float twin {cosine(found, expected):.3f}"
    )
    assert cosine(found, expected) > COSINES[name]
