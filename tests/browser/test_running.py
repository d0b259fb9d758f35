"""The browser gives what ONNX Runtime gives, and says when something is wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from onnxcam.imaging import load_preprocess, read_image, to_tensor
from tests.browser.chromium import opened
from tests.browser.running import run_in_browser
from tests.browser.serving import served
from tests.conftest import Write

pytestmark = pytest.mark.browser

MODELS = Path(__file__).parents[2] / "models"
TYPES = ["bool", "float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint64"]


@pytest.mark.parametrize("name", ["shapes-torchscript", "shapes-float16", "shapes-keras", "shapes-int8"])
def test_a_bundled_model_gives_what_it_gives_on_the_cpu(name: str) -> None:
    path = MODELS / f"{name}.onnx"
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    spec = load_preprocess(MODELS / ("preprocess-nhwc.json" if "keras" in name else "preprocess.json"))
    tensor, _ = to_tensor(read_image(MODELS / "pictures" / "star-0.png"), spec, height=96, width=96)
    source = session.get_inputs()[0]
    feeds = {source.name: tensor[None].astype(np.float16 if "float16" in source.type else np.float32)}
    expected = dict(zip([o.name for o in session.get_outputs()], session.run(None, feeds), strict=True))
    found = run_in_browser(path, feeds)
    assert found.keys() == expected.keys()
    for key, array in expected.items():
        assert found[key].dtype == array.dtype
        np.testing.assert_allclose(
            found[key],
            array,
            rtol=0,
            atol=0.2 if name == "shapes-int8" else 1e-2 if array.dtype == np.float16 else 1e-4,
        )


@pytest.mark.parametrize("dtype", TYPES)
def test_every_type_goes_in_and_comes_out(write_model: Write, dtype: str) -> None:
    kind = {"float32": "float", "float64": "double"}.get(dtype, dtype)
    path = write_model(f"g ({kind}[N, 2] x) => ({kind}[N, 2] y) {{ y = Identity(x) }}")
    values = np.array([[0, 1], [1, 0], [1, 1]]).astype(dtype)
    found = run_in_browser(path.read_bytes(), {"x": values})["y"]
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values)


def test_weights_may_lie_beside_the_model(write_model: Write) -> None:
    path = write_model("g (float[2] x) => (float[2] y) { y = Add(x, w) }", w=np.float32([1, 2]))
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="w.bin", size_threshold=0)
    found = run_in_browser(path, {"x": np.float32([10, 10])}, outputs=["y"], weights=["w.bin"])
    np.testing.assert_array_equal(found["y"], [11, 12])


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("console.error('alas')", "alas"),
        ("Promise.reject(new Error('alas'))", "uncaught"),
        ("fetch('missing.bin')", "404"),
        ("fetch('http://127.0.0.1:9/').catch(() => 0)", "leaves"),
    ],
    ids=["console", "uncaught", "missing", "elsewhere"],
)
def test_trouble_in_a_page_fails_the_test(tmp_path: Path, script: str, told: str) -> None:
    page = f"<!doctype html><link rel='icon' href='data:,'><script>{script}</script>"
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    with pytest.raises(AssertionError, match=told), served(tmp_path) as url, opened(url) as visited:
        visited.wait_for_load_state("networkidle")  # on a busy machine an answer takes its time
