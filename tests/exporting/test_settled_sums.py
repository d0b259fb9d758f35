"""What was broadcast is known when the file is written: OpenVINO reduces along no axes that a run finds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

import onnxcam
from tests.conftest import Write
from tests.exporting.runtimes import RUNTIMES

BIASED = """product = MatMul(flat, weights)
    y = Add(product, bias)"""
UNKNOWN = """shape = Shape(pooled)
    lead = Slice(shape, zero, one)
    sizes = Concat <axis = 0> (lead, rest)
    whole = Reshape(pooled, sizes)
    y = MatMul(whole, weights)"""
TEXT = """g (float[N, 3, 12, 12] x) => (float[N, 5] y) {{
    conv = Conv(x, kernel)
    relu = Relu(conv)
    pooled = GlobalAveragePool(relu)
    flat = Flatten(pooled)
    {scores}
}}"""


@pytest.mark.parametrize("runtime", ["onnxruntime", "openvino"])
@pytest.mark.parametrize("scores", [BIASED, UNKNOWN], ids=["a bias of the classes", "a shape that a run computes"])
def test_a_batch_of_any_size_is_summed_nowhere(
    write_model: Write, rng: np.random.Generator, scores: str, runtime: str, tmp_path: Path
) -> None:
    weights = {"kernel": (8, 3, 3, 3), "weights": (8, 5), "bias": (5,)}
    drawn = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in weights.items()}
    whole = {"zero": np.array([0]), "one": np.array([1]), "rest": np.array([-1])}
    model = write_model(TEXT.format(scores=scores), **drawn, **whole)
    path = onnxcam.export(model, tmp_path / "m.onnx", provider="cpu").path
    assert "NonZero" not in {node.op_type for node in onnx.load(path).graph.node}
    x = rng.standard_normal((3, 3, 12, 12)).astype(np.float32)
    found = RUNTIMES[runtime](path, {"x": x})["cam"]
    np.testing.assert_allclose(found, onnxcam.explain(model, x, provider="cpu").map, rtol=0, atol=1e-5)
