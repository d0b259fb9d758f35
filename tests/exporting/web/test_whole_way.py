"""From the shipped model to the overlay in a browser, held against what `onnxcam explain` gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import Explainer, export
from onnxcam.exporting.web import describe_page, write_page
from tests.browser.chromium import needed_browser, needed_runtime
from tests.conftest import Write
from tests.exporting.web.acting import best, choose, set_opacity, shown, told
from tests.exporting.web.conftest import Visit
from tests.exporting.web.stand_in import MODELS, PICTURES
from tests.saturation import needs_exact_int8
from tests.shared import shared

pytestmark = pytest.mark.browser

REAL = ["squeezenet-fp16-caffe2", "mcunet-96", "shufflenetv2-int8-qlinear", "cifar-resnet20-torchscript"]
EDGES = 12
"""Grey levels by which a pixel may be off: a map's level that lies between two colours of jet, in float16 several."""


def check_way(visit: Visit, folder: Path, model: Path, picture: Path, preprocess: Path | None = None) -> None:
    needed_browser()
    explainer = Explainer(model, preprocess=preprocess)
    export(model, folder / "model.onnx", target_input="required", preprocess=preprocess)
    write_page(folder / "page", folder / "model.onnx", describe_page(explainer), needed_runtime())
    expected = explainer.explain(picture)
    names = explainer.labels or tuple(f"class {i}" for i in range(int(expected.class_index[0]) + 1))
    with visit(folder / "page") as page:
        choose(page, picture)
        assert best(page)[0].startswith(names[int(expected.class_index[0])])
        for percent, mean in ((100, 0.05), (50, 1)):
            set_opacity(page, percent)
            away = np.abs(shown(page).astype(int) - expected.overlay(0, alpha=percent / 100))
            assert away.max() <= EDGES
            assert away.mean() < mean


@pytest.mark.parametrize("name", ["torchscript", "float16", "int8", "keras", "jax", "paddle"])
def test_a_bundled_model(visit: Visit, tmp_path: Path, name: str) -> None:
    needs_exact_int8(name)
    preprocess = MODELS / ("preprocess-nhwc.json" if name in ("keras", "jax") else "preprocess.json")
    check_way(visit, tmp_path, MODELS / f"shapes-{name}.onnx", PICTURES / "star-0.png", preprocess)


@pytest.mark.parametrize("name", REAL)
def test_a_real_model_and_a_real_photograph(visit: Visit, tmp_path: Path, name: str) -> None:
    needs_exact_int8(name)
    check_way(visit, tmp_path, shared(f"models/{name}/model.onnx"), shared("images/both.png"))


@pytest.mark.parametrize("name", ["yolox-nano", "deeplabv3-mnv2-tf2onnx"])
def test_any_class_of_a_model_without_names_can_be_picked(visit: Visit, tmp_path: Path, name: str) -> None:
    needed_browser()
    model, picture = shared(f"models/{name}/model.onnx"), shared("images/both.png")
    explainer = Explainer(model)
    export(model, tmp_path / "out.onnx", target_input="required")
    write_page(tmp_path / "page", tmp_path / "out.onnx", describe_page(explainer), needed_runtime())
    expected = explainer.explain(picture, 15)
    with visit(tmp_path / "page") as page:
        choose(page, picture)
        page.locator("#filter").fill("15")
        page.locator("#matches button").first.click()
        told(page, "class 15")
        set_opacity(page, 100)
        away = np.abs(shown(page).astype(int) - expected.overlay(0, alpha=1))
        assert away.mean() < 0.05


SINGLE = """g (float[N, 3, 24, 24] x, float[8, 3, 3, 3] kernel, float[1, 8] weights, float[1] bias) => (float[N, 1] y) {
    features = Conv<pads = [1, 1, 1, 1]>(x, kernel)
    active = Relu(features)
    pooled = GlobalAveragePool(active)
    flat = Flatten(pooled)
    score = Gemm<transB = 1>(flat, weights, bias)
    y = Sigmoid(score)
}"""


@pytest.mark.parametrize("labels", [None, ("calm", "storm")], ids=["no labels", "two labels"])
@pytest.mark.parametrize("bias", [-4, 4], ids=["negative", "positive"])
def test_a_single_score_is_told_as_its_decision(
    visit: Visit, tmp_path: Path, write_model: Write, bias: int, labels: tuple[str, str] | None
) -> None:
    needed_browser()
    rng = np.random.default_rng(0)
    kernel, weights = rng.standard_normal((8, 3, 3, 3)), np.sign(bias) * rng.random((1, 8)) / 8
    arrays = {"kernel": kernel, "weights": weights, "bias": np.array([bias])}
    model = write_model(SINGLE, **{name: array.astype(np.float32) for name, array in arrays.items()})
    explainer = Explainer(model, preprocess="unit", labels=labels)
    export(model, tmp_path / "out.onnx", target_input="required", preprocess="unit", labels=labels)
    write_page(tmp_path / "page", tmp_path / "out.onnx", describe_page(explainer), needed_runtime())
    picture = PICTURES / "star-0.png"
    expected = explainer.explain(picture)
    share = 1 / (1 + np.exp(-float(expected.logits[0, 0])))
    name = "the score" if labels is None else labels[bias > 0]
    told_share = 1 - share if labels is not None and bias < 0 else share
    with visit(tmp_path / "page") as page:
        choose(page, picture)
        assert best(page) == [f"{name} {100 * told_share:.1f} %"]
        told(page, name)
        set_opacity(page, 100)
        away = np.abs(shown(page).astype(int) - expected.overlay(0, alpha=1))
        assert away.mean() < 0.05
