"""Files that ONNX Runtime has optimised and saved are explained as the files that they were made from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.errors import GradientError
from onnxcam.graph import load
from tests.conftest import Write

Array = NDArray[np.float32]
LEVELS = {
    "basic": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC,
    "extended": onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED,
}

CONVOLUTIONAL = """g (float[N, 3, 12, 12] x) => (float[N, 5] y) {
    c1 = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, w1)   n1 = BatchNormalization(c1, s, b, m, v)   r1 = Relu(n1)
    c2 = Conv <pads = [1, 1, 1, 1], group = 2> (r1, w2)   r2 = LeakyRelu <alpha = 0.2> (c2)
    c3 = Conv <pads = [1, 1, 1, 1]> (r2, w3)   a3 = Add(c3, r1)   q3 = Sigmoid(a3)   r3 = Mul(a3, q3)
    c4 = Conv(r3, w4)   r4 = HardSigmoid <alpha = 0.3> (c4)
    c5 = Conv <pads = [1, 1, 1, 1]> (r4, w5)   r5 = Clip(c5, low, high)
    p = GlobalAveragePool(r5)   f = Flatten(p)   h = Gemm <transB = 1> (f, v1, b1)   t = Tanh(h)   y = Gemm(t, v2, b2)
}"""
# As PyTorch writes ConvNeXt's block at an opset without LayerNormalization and Gelu.
CONVNEXT = """g (float[N, 3, 16, 16] x) => (float[N, 5] y) {
    c1 = Conv <strides = [2, 2]> (x, w1)   c2 = Conv <pads = [3, 3, 3, 3], group = 4> (c1, w7)
    t = Transpose <perm = [0, 2, 3, 1]> (c2)
    mu = ReduceMean <axes = [-1]> (t)   d = Sub(t, mu)   sq = Pow(d, two)   var = ReduceMean <axes = [-1]> (sq)
    ve = Add(var, eps)   sd = Sqrt(ve)   n = Div(d, sd)   ns = Mul(n, s)   nb = Add(ns, b)
    h = MatMul(nb, v3)   hb = Add(h, b3)   g1 = Div(hb, root)   g2 = Erf(g1)   g3 = Add(g2, one)   g4 = Mul(hb, g3)
    g5 = Mul(g4, half)   k = MatMul(g5, v4)   kb = Add(k, b4)   ks = Mul(kb, s)
    u = Transpose <perm = [0, 3, 1, 2]> (ks)   z = Add(c1, u)   p = GlobalAveragePool(z)   f = Flatten(p)
    y = Gemm(f, v2, b2)
}"""
# Self-attention with fewer reshapes than a network has; its keys are turned, and its scores scaled.
ENCODER = """g (float[N, 3, 16, 16] x) => (float[N, 5] y) {
    c1 = Conv <strides = [4, 4]> (x, w1)   e = Reshape(c1, tokens)   t = Transpose <perm = [0, 2, 1]> (e)
    q = MatMul(t, wq)   k = MatMul(t, wk)   v = MatMul(t, wv)   kt = Transpose <perm = [0, 2, 1]> (k)
    a = MatMul(q, kt)   as = Mul(a, half)   p = Softmax <axis = 2> (as)   o = MatMul(p, v)
    r = Add(o, t)   mu = ReduceMean <axes = [-1]> (r)   d = Sub(r, mu)   sq = Pow(d, two)
    var = ReduceMean <axes = [-1]> (sq)   ve = Add(var, eps)   sd = Sqrt(ve)   n = Div(d, sd)   ns = Mul(n, s)
    nb = Add(ns, b)
    h = MatMul(nb, v3)   hb = Add(h, b3)   g1 = Div(hb, root)   g2 = Erf(g1)   g3 = Add(g2, one)   g4 = Mul(hb, g3)
    g5 = Mul(g4, half)   l = MatMul(g5, v4)   lb = Add(l, b4)   r2 = Add(lb, nb)
    mu2 = ReduceMean <axes = [-1]> (r2)   d2 = Sub(r2, mu2)   sq2 = Pow(d2, two)   var2 = ReduceMean <axes = [-1]> (sq2)
    ve2 = Add(var2, eps)   sd2 = Sqrt(ve2)   n2 = Div(d2, sd2)   ns2 = Mul(n2, s)   nb2 = Add(ns2, b)
    i = Mul(nb2, quick)   j = Sigmoid(i)   u = Mul(nb2, j)
    z = ReduceMean <axes = [1], keepdims = 0> (u)   y = Gemm(z, v2, b2)
}"""
# Of each network: its graph, and what its optimised file must hold.
NETWORKS = {
    "convolutional": (CONVOLUTIONAL, {"FusedConv", "FusedGemm", "QuickGelu"}),
    "convnext": (CONVNEXT, {"BiasGelu"}),
    "encoder": (ENCODER, {"BiasGelu", "FusedMatMul", "QuickGelu", "SkipLayerNormalization"}),
}


def weights(text: str) -> dict[str, Array]:
    """Those that a graph names."""
    rng = np.random.default_rng(0)
    shapes = {
        **{"w1": (4, 3, 3, 3), "w2": (4, 2, 3, 3), "w3": (4, 4, 3, 3), "w4": (4, 4, 1, 1), "w5": (4, 4, 3, 3)},
        **{"w7": (4, 1, 7, 7), "wq": (4, 4), "wk": (4, 4), "wv": (4, 4), "v3": (4, 8), "v4": (8, 4)},
        **{"v1": (6, 4), "v2": (4, 5), "b1": (6,), "b2": (5,), "b3": (8,), "b4": (4,)},
        **{name: (4,) for name in "sbmv"},
    }
    found = {n: (0.4 * rng.standard_normal(s)).astype(np.float32) for n, s in shapes.items()}
    if "v1" in text:
        found["v2"] = rng.standard_normal((6, 5)).astype(np.float32)
    found["v"] = np.abs(found["v"]) + 0.5
    numbers = {"low": -0.2, "high": 0.3, "two": 2.0, "one": 1.0, "half": 0.5, "eps": 1e-5, "root": 2**0.5}
    found |= {n: np.array(v, np.float32) for n, v in (numbers | {"quick": 1.702}).items()}
    found["tokens"] = np.array([0, 4, -1])
    words = set(text.replace(",", " ").replace("(", " ").replace(")", " ").split())
    made = {line.split()[-1] for line in text.replace("{", "\n").replace(")", "\n").split("=")[:-1] if line.split()}
    return {n: a for n, a in found.items() if n in words - made}


def optimise(path: Path, level: str) -> Path:
    """The file as ONNX Runtime saves it, optimised for the CPU."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = LEVELS[level]
    options.optimized_model_filepath = str(path.with_name(f"{level}.onnx"))
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return path.with_name(f"{level}.onnx")


def shared_layers(path: Path, optimised: Path) -> list[str]:
    """The first, the middle and the last of the tensors of three or more axes that both files compute."""
    theirs = {v.name for n in load(path).graph for v in n.outputs}
    values = (v for n in load(optimised).graph for v in n.outputs)
    names = [str(v.name) for v in values if v.name in theirs and v.shape is not None and v.shape.rank() > 2]
    return [names[0], names[len(names) // 2], names[-1]]


@pytest.mark.parametrize("opset", [13, 17])
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_is_that_of_the_file_it_was_made_from(
    write_model: Write, name: str, level: str, opset: int, figure: Callable[[str], None]
) -> None:
    text, fused = NETWORKS[name]
    path = write_model(text, opset=opset, **weights(text))
    optimised = optimise(path, level)
    if level == "extended":
        assert fused <= {n.op_type for n in onnx.load(optimised).graph.node}
    size = 12 if name == "convolutional" else 16
    x = np.random.default_rng(1).standard_normal((2, 3, size, size)).astype(np.float32)
    cotangent = np.random.default_rng(2).standard_normal((2, 5)).astype(np.float32)
    gaps = []
    for layer in shared_layers(path, optimised):
        _, activation, wanted = onnxcam.Explainer(path, layer=layer, provider="cpu").gradient(x, cotangent)
        _, same, found = onnxcam.Explainer(optimised, layer=layer, provider="cpu").gradient(x, cotangent)
        np.testing.assert_allclose(same, activation, rtol=1e-4, atol=1e-5)
        gaps.append(float(np.abs(found - wanted).max() / np.abs(wanted).max()))
    figure(f"optimised by ONNX Runtime, {name}, {level}, opset {opset}: gradient {max(gaps):.1e}")
    assert max(gaps) < 1e-4


def test_the_default_layer_is_a_fused_convolution(write_model: Write) -> None:
    optimised = optimise(write_model(CONVOLUTIONAL, opset=17, **weights(CONVOLUTIONAL)), "extended")
    explainer = onnxcam.Explainer(optimised, provider="cpu")
    assert explainer.plan.layer == "r5"
    assert "FusedConv" in explainer.plan.reason
    result = explainer.explain(np.random.default_rng(1).standard_normal((2, 3, 12, 12)).astype(np.float32))
    assert result.map.shape == (2, 12, 12)


def test_a_file_in_one_processors_layout_is_refused_with_the_way_out(tmp_path: Path) -> None:
    text = """<ir_version: 8, opset_import: ["" : 17, "com.microsoft.nchwc" : 1]>
    g (float[1, 16, 4, 4] x) => (float[1, 16, 4, 4] y) {
        c = Relu(x)   y = com.microsoft.nchwc.ReorderOutput <channels = 16> (c)
    }"""
    onnx.save(onnx.parser.parse_model(text), tmp_path / "m.onnx")
    with pytest.raises(GradientError, match=r"nchwc::ReorderOutput .*\.ORT_ENABLE_EXTENDED"):
        onnxcam.Explainer(tmp_path / "m.onnx", layer="c", output="y", provider="cpu")
