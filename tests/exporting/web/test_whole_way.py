"""From the shipped model to the overlay in a browser, held against what `onnxcam explain` gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import Explainer
from onnxcam.exporting.web import describe_page, write_page
from tests.browser.chromium import needed_browser, needed_runtime
from tests.exporting.web.acting import best, choose, set_opacity, shown
from tests.exporting.web.conftest import Visit
from tests.exporting.web.stand_in import MODELS, PICTURES
from tests.shared import shared

pytestmark = pytest.mark.browser

export = pytest.importorskip("onnxcam.exporting.exporter", reason="the export is not there yet").export

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
    preprocess = MODELS / ("preprocess-nhwc.json" if name in ("keras", "jax") else "preprocess.json")
    check_way(visit, tmp_path, MODELS / f"shapes-{name}.onnx", PICTURES / "star-0.png", preprocess)


@pytest.mark.parametrize("name", REAL)
def test_a_real_model_and_a_real_photograph(visit: Visit, tmp_path: Path, name: str) -> None:
    check_way(visit, tmp_path, shared(f"models/{name}/model.onnx"), shared("images/both.png"))
