"""A sum over many positions loses nothing in the file: runtimes keep one running sum in float32, numpy does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import onnxcam
from tests.conftest import Write
from tests.exporting.runtimes import RUNTIMES

SIDE = 256
CLOSE = {"grad-cam": 3e-6, "grad-cam++": 5e-7, "xgrad-cam": 2e-6}
"""A third or less of what one running sum is off by here, and three times what groups are or more."""


@pytest.fixture
def wide(write_model: Write, rng: np.random.Generator) -> Path:
    """A layer of 256 x 256 positions whose gradients nearly cancel, so that rounding shows in their mean."""
    text = f"""g (float[N, 1, {SIDE}, {SIDE}] x) => (float[N, 3] y) {{
        conv = Conv <pads = [1, 1, 1, 1]> (x, w)
        relu = Relu(conv)
        mixed = Mul(relu, v)
        pooled = ReduceMean <axes = [2, 3], keepdims = 0> (mixed)
        y = Gemm(pooled, k)
    }}"""
    drawn = {
        "w": rng.standard_normal((4, 1, 3, 3)),
        "v": rng.standard_normal((1, 4, SIDE, SIDE)) * SIDE,
        "k": rng.standard_normal((4, 3)),
    }
    return write_model(text, **{name: array.astype(np.float32) for name, array in drawn.items()})


@pytest.mark.parametrize(("method", "layer"), [("grad-cam", "conv"), ("grad-cam++", "relu"), ("xgrad-cam", "conv")])
def test_their_sum_is_as_exact_as_explained(wide: Path, method: str, layer: str, tmp_path: Path) -> None:
    path = onnxcam.export(wide, tmp_path / "m.onnx", layer=layer, method=method, provider="cpu").path
    x = np.random.default_rng(1).standard_normal((2, 1, SIDE, SIDE)).astype(np.float32)
    wanted = onnxcam.explain(wide, x, layer=layer, method=method, provider="cpu").map
    found = RUNTIMES["onnxruntime"](path, {"x": x})["cam"]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=CLOSE[method])


@pytest.mark.parametrize("shape", [(64, 64), (1, 4099), (4096, 1)], ids=["square", "a prime", "a line"])
def test_any_number_of_them(
    write_model: Write, rng: np.random.Generator, shape: tuple[int, int], tmp_path: Path
) -> None:
    text = f"""g (float[N, 1, {shape[0]}, {shape[1]}] x) => (float[N, 3] y) {{
        c = Conv (x, w)
        r = Relu(c)
        p = GlobalAveragePool(r)
        f = Flatten(p)
        y = Gemm(f, k)
    }}"""
    drawn = {"w": rng.standard_normal((4, 1, 1, 1)), "k": rng.standard_normal((4, 3))}
    model = write_model(text, **{name: array.astype(np.float32) for name, array in drawn.items()})
    path = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path
    x = rng.standard_normal((2, 1, *shape)).astype(np.float32)
    found = RUNTIMES["onnxruntime"](path, {"x": x})["cam"]
    np.testing.assert_allclose(found, onnxcam.explain(model, x, provider="cpu").map, rtol=0, atol=1e-5)
