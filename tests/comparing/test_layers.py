"""Which layer of a second model stands for that of the first."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.auditing import Settings
from onnxcam.comparing.layers import matched
from tests.conftest import Write

FIRST = """g (float[N, 3, 16, 16] x) => (float[N, 4] y) {
    features = Conv <strides = [2, 2]> (x, wide)
    pooled = GlobalAveragePool(features)
    flat = Flatten(pooled)
    y = MatMul(flat, head)
}"""
SECOND = """g (float[N, 3, 16, 16] x) => (float[N, 4] y) {
    features = Conv <strides = [STRIDE, STRIDE]> (x, wide)
    last = Conv (features, narrow)
    pooled = GlobalAveragePool(last)
    flat = Flatten(pooled)
    y = MatMul(flat, head)
}"""


@pytest.mark.parametrize(
    ("stride", "layer", "words"),
    [
        pytest.param(2, "features", "layers matched by name: 'features'", id="same grid"),
        pytest.param(1, "last", "layers matched by role: 'features' and 'last'", id="another grid"),
    ],
)
def test_a_name_counts_where_its_grid_is_the_same(write_model: Write, stride: int, layer: str, words: str) -> None:
    shapes = {"wide": (8, 3, 2, 2), "narrow": (8, 8, 1, 1), "head": (8, 4)}
    rng = np.random.default_rng(0)
    weights = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    first = write_model(FIRST, name="first.onnx", wide=weights["wide"], head=weights["head"])
    second = write_model(SECOND.replace("STRIDE", str(stride)), name="second.onnx", **weights)
    one, other = (Settings(str(path), provider="cpu", preprocess="unit") for path in (first, second))
    found, told = matched(one.explainer(), other)
    assert found.plan.layers == (layer,)
    assert told == words
