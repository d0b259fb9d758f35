"""Models in half, brain and double precision give the gradients of the float32 model, as far as their rounding lets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

import onnxcam
from onnxcam.autodiff.check import pull_back, run_reference
from onnxcam.errors import ProviderError
from onnxcam.graph import load
from tests.conftest import Write

Array = NDArray[Any]
Figure = Callable[[str], None]

MODELS = Path(__file__).parents[1] / "models"
BFLOAT16 = ir.DataType.BFLOAT16.numpy()
LAYERS = ("c1", "c3")
# Smooth, so that no rounding decides a kink.
SMOOTH = """g (float[N, 3, H, W] x) => (float[N, 5] y) {
    c1 = Conv <pads = [1, 1, 1, 1]> (x, w1, b1)
    a1 = Tanh (c1)
    c2 = Conv <strides = [2, 2]> (a1, w2)
    s = Sigmoid (c2)
    m = Mul (c2, s)
    p = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (m)
    c3 = Conv (p, w3)
    t = Softplus (c3)
    r = GlobalAveragePool (t)
    f = Flatten (r)
    z = Gemm (f, v, b)
    y = Mul (z, k)
}"""
SMALL = 2.0**-20
"""Sixteen times the least number of float16."""


def drawn(rng: np.random.Generator, *shape: int) -> Array:
    return (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)


@pytest.fixture
def smooth(write_model: Write, rng: np.random.Generator) -> Callable[[float], Path]:
    """The network in float32; its scores are multiplied by a factor."""
    weights = {"w1": drawn(rng, 8, 3, 3, 3), "b1": 0.1 * drawn(rng, 8), "w2": drawn(rng, 12, 8, 3, 3)}
    weights |= {"w3": drawn(rng, 16, 12, 3, 3), "v": drawn(rng, 16, 5), "b": drawn(rng, 5)}
    return lambda k: write_model(SMOOTH, **weights, k=np.array([k], dtype=np.float32))


@pytest.fixture
def x(rng: np.random.Generator) -> Array:
    return rng.standard_normal((2, 3, 64, 64)).astype(np.float32)


@pytest.fixture
def weights(rng: np.random.Generator) -> Array:
    return rng.standard_normal((2, 5)).astype(np.float32)


def converted(path: Path, element_type: int) -> Path:
    """The file with all its floats in another type."""
    model = onnx.load(path)
    dtype = helper.tensor_dtype_to_np_dtype(element_type)
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(dtype), tensor.name))
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = element_type
    onnx.save(model, path.with_name(f"{dtype.name}.onnx"))
    return path.with_name(f"{dtype.name}.onnx")


def gap(found: Array, expected: Array) -> float:
    a, b = found.astype(np.float64), expected.astype(np.float64)
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def gradient_of(path: Path, x: Array, weights: Array, layer: str | None = None) -> tuple[Array, Array]:
    """The scores, and the gradient at the layer."""
    logits, _, gradient = onnxcam.Explainer(path, layer=layer, provider="cpu").gradient(x, weights)
    return logits, gradient


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize(
    ("element_type", "epsilon"),
    [(TensorProto.FLOAT16, 2.0**-10), (TensorProto.BFLOAT16, 2.0**-7), (TensorProto.DOUBLE, 1e-6)],
    ids=["float16", "bfloat16", "float64"],
)
def test_the_gradient_model_of_any_precision(
    smooth: Callable[[float], Path], weights: Array, layer: str, element_type: int, epsilon: float, figure: Figure
) -> None:
    """The forward model computes all in that precision, the gradient model in float32 or float64."""
    path, dtype = smooth(1.0), helper.tensor_dtype_to_np_dtype(element_type)
    x = np.random.default_rng(1).standard_normal((2, 3, 16, 16)).astype(np.float32)
    _, expected = gradient_of(path, x, weights, layer)
    model = load(converted(path, element_type))
    found = pull_back(model, {"x": x.astype(dtype)}, layer, {"y": weights}, run_reference, run_reference)
    assert found.dtype == (np.float64 if element_type == TensorProto.DOUBLE else np.float32)
    figure(f"precision, {dtype.name}, layer {layer}: the gradient within {gap(found, expected):.1e} of float32's")
    assert gap(found, expected) < 2 * epsilon


@pytest.mark.parametrize("layer", LAYERS)
def test_float16_does_not_underflow(
    smooth: Callable[[float], Path], x: Array, weights: Array, layer: str, figure: Figure
) -> None:
    """Scores so small that float16 could not hold their gradient; on ONNX Runtime."""
    path = smooth(SMALL)
    _, expected = gradient_of(path, x, weights, layer)
    logits, found = gradient_of(converted(path, TensorProto.FLOAT16), x, weights, layer)
    lost = float(np.mean(expected.astype(np.float16) == 0))
    told = f"{lost:.0%} of the gradient's entries are 0 in float16"
    figure(f"precision, scores times 2^-20, layer {layer}: {told}; onnxcam's within {gap(found, expected):.1e}")
    assert logits.dtype == np.float16
    assert lost > 0.9
    assert gap(found, expected) < 2 * 2.0**-10


def test_a_small_cotangent_is_not_lost_with_float16_scores(
    smooth: Callable[[float], Path], x: Array, weights: Array
) -> None:
    path = converted(smooth(1.0), TensorProto.FLOAT16)
    _, whole = gradient_of(path, x, weights)
    _, found = gradient_of(path, x, weights * 1e-9)
    assert gap(found * 1e9, whole) < 1e-5


def test_an_explanation_of_a_float16_model(smooth: Callable[[float], Path], x: Array) -> None:
    path = smooth(1.0)
    expected = onnxcam.explain(path, x, [0, 1], provider="cpu")
    found = onnxcam.explain(converted(path, TensorProto.FLOAT16), x, [0, 1], provider="cpu")
    assert found.logits.dtype == np.float16
    assert {a.dtype for a in (found.score, found.activation, found.gradient, found.raw, found.map)} == {np.dtype("f4")}
    assert gap(found.gradient, expected.gradient) < 2 * 2.0**-10
    np.testing.assert_allclose(found.map, expected.map, atol=0.02)


@pytest.mark.parametrize("name", ["shapes-torchscript", "shapes-dynamo"])
def test_an_exported_network_in_float16(name: str, tmp_path: Path, figure: Figure) -> None:
    """With kinks: an activation in a thousand lies on the other side of one."""
    (tmp_path / "model.onnx").write_bytes((MODELS / f"{name}.onnx").read_bytes())
    path = tmp_path / "model.onnx"
    half = converted(path, TensorProto.FLOAT16)
    plan = onnxcam.Explainer(path, provider="cpu").plan
    for layer in (plan.layer, plan.candidates[0].layer):
        single, other = (
            onnxcam.explain(
                p,
                MODELS / "pictures" / "circle-0.png",
                layer=layer,
                preprocess=MODELS / "preprocess.json",
                provider="cpu",
            ).gradient.astype(np.float64)
            for p in (path, half)
        )
        cosine = np.vdot(single, other) / (np.linalg.norm(single) * np.linalg.norm(other))
        figure(f"precision, {name} in float16, layer {layer}: cosine of the gradients {cosine:.6f}")
        assert cosine > 0.999


def test_a_float64_model_that_the_runtime_runs(write_model: Write, rng: np.random.Generator) -> None:
    """Its own precision: weights that float32 could not tell apart."""
    text = """g (double[N, 4, 6] x) => (double[N, 5] y) {
        t = Transpose <perm = [0, 2, 1]> (x)
        h = MatMul (t, u)
        a = Tanh (h)
        m = ReduceMean <axes = [1], keepdims = 0> (a)
        y = MatMul (m, v)
    }"""
    u, v = rng.standard_normal((4, 7)), 1 + 1e-9 * rng.standard_normal((7, 5))
    x = rng.standard_normal((2, 4, 6))
    contrast = np.array([[1.0, -1, 0, 0, 0]] * 2)
    explainer = onnxcam.Explainer(write_model(text, u=u, v=v), layer="h", provider="cpu")
    logits, activation, gradient = explainer.gradient(x, contrast)
    hidden = np.tanh(x.transpose(0, 2, 1) @ u)
    expected = (1 - hidden**2) * (v[:, 0] - v[:, 1]) / 6
    assert logits.dtype == np.float64
    assert activation.dtype == gradient.dtype == np.float32
    assert gap(gradient, expected) < 1e-6


def test_a_float64_convolution_is_refused_by_the_runtime(smooth: Callable[[float], Path], x: Array) -> None:
    with pytest.raises(ProviderError, match=r"cannot load the model: Could not find an implementation for Conv\("):
        onnxcam.explain(converted(smooth(1.0), TensorProto.DOUBLE), x.astype(np.float64), provider="cpu")


# What ONNX Runtime's CPU provider can run of bfloat16: values between casts.
BRAIN = """g (bfloat16[N, 3, 16, 16] x) => (bfloat16[N, 5] y) {
    xs = Cast <to = 1> (x)
    ws = Cast <to = 1> (w)
    vs = Cast <to = 1> (v)
    c = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (xs, ws)
    b = Cast <to = 16> (c)
    bs = Cast <to = 1> (b)
    a = Tanh (bs)
    p = GlobalAveragePool (a)
    f = Flatten (p)
    z = MatMul (f, vs)
    y = Cast <to = 16> (z)
}"""


@pytest.mark.parametrize("layer", ["c", "b"])
def test_bfloat16_values_between_casts(write_model: Write, rng: np.random.Generator, layer: str) -> None:
    weights = {"w": drawn(rng, 8, 3, 3, 3), "v": drawn(rng, 8, 5)}
    path = write_model(BRAIN, opset=19, **{n: a.astype(BFLOAT16) for n, a in weights.items()})
    single = write_model(
        BRAIN.replace("bfloat16", "float").replace("16> (", "1> ("), opset=19, name="f.onnx", **weights
    )
    x = rng.standard_normal((2, 3, 16, 16)).astype(np.float32)
    expected = onnxcam.explain(single, x, [0, 1], layer=layer, provider="cpu")
    found = onnxcam.explain(path, x, [0, 1], layer=layer, provider="cpu")
    assert found.logits.dtype == BFLOAT16
    assert found.activation.dtype == found.gradient.dtype == np.float32
    assert gap(found.logits, expected.logits) < 2 * 2.0**-7
    assert gap(found.gradient, expected.gradient) < 2 * 2.0**-7


def test_a_picture_for_a_bfloat16_input(write_model: Write, rng: np.random.Generator) -> None:
    weights = {"w": drawn(rng, 8, 3, 3, 3).astype(BFLOAT16), "v": drawn(rng, 8, 5).astype(BFLOAT16)}
    result = onnxcam.explain(
        write_model(BRAIN, opset=19, **weights),
        MODELS / "pictures" / "circle-0.png",
        preprocess="imagenet",
        provider="cpu",
    )
    assert result.map.shape == (1, 16, 16)
    assert np.isfinite(result.logits.astype(np.float32)).all()
