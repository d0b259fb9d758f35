"""Operators that the standard defines by a function body, beyond what a row of the table of cases says."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest

from onnxcam.autodiff.check import pull_back
from onnxcam.autodiff.reverse import reverse
from onnxcam.errors import GradientError
from onnxcam.graph import load
from tests.autodiff.test_rules import run_onnxruntime
from tests.conftest import Write

ATTENTION = (
    "g ({0}[2, 2, 3, 4] q, {0}[2, 2, 5, 4] k, {0}[2, 2, 5, 4] v) => ({0}[2, 2, 3, 4] y) {{ y = Attention(q, k, v) }}"
)


def test_half_precision_is_differentiated_in_float32(write_model: Write, rng: np.random.Generator) -> None:
    feeds = {n: rng.standard_normal(s).astype("f2") for n, s in (("q", (2, 2, 3, 4)), ("k", (2, 2, 5, 4)))}
    feeds["v"] = rng.standard_normal((2, 2, 5, 4)).astype("f2")
    ct = {"y": rng.standard_normal((2, 2, 3, 4))}
    half = load(write_model(ATTENTION.format("float16"), opset=23, name="half.onnx"))
    single = load(write_model(ATTENTION.format("float"), opset=23))
    for name in feeds:
        found = pull_back(half, feeds, name, ct, run_onnxruntime, run_onnxruntime)
        widened = {n: a.astype("f4") for n, a in feeds.items()}
        wanted = pull_back(single, widened, name, ct, run_onnxruntime, run_onnxruntime)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, atol=5e-3)


def test_a_double_model_is_differentiated_in_double(write_model: Write) -> None:
    model = load(write_model(ATTENTION.format("double"), opset=23))
    gradient = reverse(model, [model.value("y")], [model.value("q")])
    types = {n.outputs[0].dtype for n in gradient.model.graph if n.op_type in {"Cast", "MatMul", "Softmax"}}
    assert ir.DataType.DOUBLE in types
    assert ir.DataType.FLOAT not in types


@pytest.mark.parametrize(
    "text",
    [
        "(float[N, C, L] x, float[D, 1, 4] w) => (float[1] y) { y = CausalConvWithState(x, w) }",
        "(float[] x, float[6, 2] c, float[6, 2] s) => (float[1] y) { y = RotaryEmbedding(x, c, s) }",
    ],
    ids=["channels", "rank"],
)
def test_a_body_that_needs_to_know_more_is_refused(write_model: Write, text: str) -> None:
    model = load(write_model(f"g {text}", opset=27))
    with pytest.raises(GradientError, match="needs the ranks or sizes of its inputs"):
        reverse(model, [model.value("y")], [model.value("x")])


@pytest.mark.parametrize("guard", ["n = IsNaN(s)", "n = Equal(r, low)"], ids=["by its result", "by its input"])
def test_a_row_that_is_masked_whole_has_no_gradient(write_model: Write, guard: str) -> None:
    """Softmax gives NaN for it, and the model replaces that."""
    text = f"""g (float[2, 3] x) => (float[2, 3] y) <float zero = {{0}}, float low = {{-inf}}> {{
        s = Softmax(x)
        r = ReduceMax <axes = [1]> (x)
        {guard}
        y = Where(n, zero, s)
    }}"""
    x = np.array([[0.3, -0.2, 0.9], [-np.inf, -np.inf, -np.inf]], np.float32)
    ct = {"y": np.array([[1.0, 2.0, 0.5], [0.1, 0.7, 0.2]])}
    found = pull_back(load(write_model(text, opset=17)), {"x": x}, "x", ct, run_onnxruntime, run_onnxruntime)
    p = np.exp(x[0]) / np.exp(x[0]).sum()
    np.testing.assert_allclose(found, [p * (ct["y"][0] - p @ ct["y"][0]), np.zeros(3)], rtol=1e-5)
