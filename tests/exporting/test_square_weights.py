"""A matrix and its transpose in one file: OpenVINO takes one for the other where both stand on the right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import onnxcam
from tests.conftest import Write
from tests.exporting.runtimes import RUNTIMES

WIDE = 48
PRODUCTS = {
    "MatMul": "next = MatMul(flat, square)",
    "Gemm": "next = Gemm(flat, square, bias)",
    "Gemm turned": "next = Gemm <transB = 1, alpha = 0.5> (flat, square, bias)",
}
HEAD = """g (float[N, 3, 12, 12] x) => (float[N, 5] y) {{
    conv = Conv(x, kernel)
    pooled = GlobalAveragePool(conv)
    flat = Flatten(pooled)
    {product}
    y = Gemm(next, head)
}}"""
TOKENS = """g (float[N, 3, 12, 12] x) => (float[N, 5] y) {{
    conv = Conv(x, kernel)
    rows = Reshape(conv, sizes)
    tokens = Transpose <perm = [0, 2, 1]> (rows)
    {turned}
    next = MatMul(tokens, {weights})
    squared = Mul(next, next)
    pooled = ReduceMean <axes = [1], keepdims = 0> (squared)
    y = Gemm(pooled, head)
}}"""
TEXTS = {name: HEAD.format(product=product) for name, product in PRODUCTS.items()} | {
    "tokens": TOKENS.format(turned="", weights="square"),
    "tokens, turned": TOKENS.format(turned="turned = Transpose <perm = [1, 0]> (square)", weights="turned"),
}


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino", "onnx.reference"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_every_runtime_has_the_map(
    write_model: Write, rng: np.random.Generator, text: str, runtime: str, tmp_path: Path
) -> None:
    shapes = {"kernel": (WIDE, 3, 3, 3), "square": (WIDE, WIDE), "bias": (WIDE,), "head": (WIDE, 5)}
    weights = {name: rng.standard_normal(shape).astype(np.float32) / 8 for name, shape in shapes.items()}
    model = write_model(text, **weights, sizes=np.array([0, WIDE, -1]))
    path = onnxcam.export(model, tmp_path / "m.onnx", target=2, layer="conv", provider="cpu").path
    x = rng.standard_normal((3, 3, 12, 12)).astype(np.float32)
    wanted = onnxcam.explain(model, x, 2, layer="conv", provider="cpu").map
    np.testing.assert_allclose(RUNTIMES[runtime](path, {"x": x})["cam"], wanted, rtol=0, atol=1e-5)
