"""Every method through the Python interface: its fields, and CAM behind a linear head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import onnxcam
from onnxcam.cam import method_names
from tests.conftest import HEADER, Write

Array = NDArray[Any]

# Behind global average pooling and a linear layer, where these are CAM up to a factor.
SAME_AS_CAM = ("grad-cam", "hires-cam", "xgrad-cam")


@pytest.fixture
def x(rng: np.random.Generator) -> Array:
    return rng.standard_normal((4, 3, 16, 16)).astype(np.float32)


@pytest.mark.parametrize("method", method_names())
def test_the_fields_are_those_of_the_contract(classifier: Path, x: Array, method: str) -> None:
    result = onnxcam.explain(classifier, x, 3, layer="r", provider="cpu", method=method)
    assert (result.method, result.raw.shape, result.map.shape) == (method, (4, 8, 8), (4, 16, 16))
    assert (result.raw.dtype, result.map.dtype) == (np.float32, np.float32)
    assert result.raw.any()
    if method in {"hires-cam", "layer-cam"}:
        assert result.alpha is None
    else:
        assert result.alpha is not None
        assert (result.alpha.shape, result.alpha.dtype) == ((4, 8), np.float32)


def test_what_a_method_must_say_is_among_the_notes(classifier: Path, x: Array) -> None:
    before, behind = (
        onnxcam.explain(classifier, x, 3, layer=layer, provider="cpu", method="xgrad-cam") for layer in ("c", "r")
    )
    assert behind.notes == ()
    assert [note.split(",")[0] for note in before.notes] == ["xgrad-cam divides by each channel's sum over space"]


@pytest.mark.parametrize("method", method_names())
@pytest.mark.parametrize("shape", [(32,), (6, 7, 8)], ids=["signal", "volume"])
def test_signals_and_volumes(write_model: Write, rng: np.random.Generator, shape: tuple[int, ...], method: str) -> None:
    text = f"""g (float[N, 2, {", ".join(map(str, shape))}] x) => (float[N, 4] y) {{
        c = Conv(x, w)   r = Relu(c)   g = GlobalMaxPool(r)   y = Flatten(g)
    }}"""
    path = write_model(text, w=rng.standard_normal((4, 2, *[3] * len(shape))).astype(np.float32))
    x = rng.standard_normal((2, 2, *shape)).astype(np.float32)
    result = onnxcam.explain(path, x, layer="r", provider="cpu", method=method)
    assert result.map.shape == (2, *shape)
    # the maximum's place alone has a gradient, and one channel plays a part
    at = result.gradient.sum(1).reshape(2, -1).argmax(1)
    if result.alpha is None:
        assert result.raw.reshape(2, -1).argmax(1).tolist() == at.tolist()
        assert np.count_nonzero(result.raw) == 2
    else:
        assert np.count_nonzero(result.alpha) == 2


@pytest.fixture(scope="module")
def linear(tmp_path_factory: pytest.TempPathFactory) -> onnxcam.Explainer:
    rng = np.random.default_rng(3)
    text = """g (float[N, 3, 16, 16] x) => (float[N, 5] y) {
        c = Conv(x, w)   r = Relu(c)   p = GlobalAveragePool(r)   f = Flatten(p)   z = Gemm(f, v)   y = Softmax(z)
    }"""
    proto = onnx.parser.parse_model(HEADER.format(opset=17) + text)
    for name, shape in {"w": (8, 3, 3, 3), "v": (8, 5)}.items():
        proto.graph.initializer.append(onnx.numpy_helper.from_array(rng.normal(size=shape).astype(np.float32), name))
    path = tmp_path_factory.mktemp("linear") / "model.onnx"
    onnx.save(proto, path)
    return onnxcam.Explainer(path, layer="r", provider="cpu")


@settings(deadline=None, derandomize=True, max_examples=10)
@given(st.integers(0, 2**16), st.integers(0, 4))
def test_behind_a_linear_head_three_methods_are_cam(linear: onnxcam.Explainer, seed: int, target: int) -> None:
    x = np.random.default_rng(seed).standard_normal((2, 3, 16, 16)).astype(np.float32)
    cam = linear.explain(x, target, method="grad-cam")
    for method in SAME_AS_CAM:
        result = linear.explain(x, target, method=method)
        np.testing.assert_allclose(result.raw, cam.raw, rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(result.map, cam.map, atol=1e-4)
