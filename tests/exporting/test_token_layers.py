"""Layers whose sizes inference does not tell: they are as the input's, unless the file leaves that open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import onnxcam
from tests.conftest import Write
from tests.exporting.runtimes import RUNTIMES

TOKENS = """g (float[{shape}] x) => (float[?, 5] y) {{
    conv = Conv <strides = [4, 4]> (x, patch)
    shape = Shape(conv)
    lead = Slice(shape, zero, two)
    whole = Concat <axis = 0> (lead, rest)
    flat = Reshape(conv, whole)
    tokens = Transpose <perm = [0, 2, 1]> (flat)
    table = Shape(tokens)
    sizes = Mul(table, ones)
    first = Expand(token, one_each)
    count = Gather <axis = 0> (sizes, none)
    times = Concat <axis = 0> (count, one_each)
    firsts = Expand(first, times)
    joined = Concat <axis = 1> (firsts, tokens)
    mixed = MatMul(joined, weights)
    active = Tanh(mixed)
    pooled = ReduceMean <axes = [1], keepdims = 0> (active)
    y = Gemm(pooled, head)
}}"""


@pytest.fixture
def write_tokens(write_model: Write, rng: np.random.Generator) -> Callable[[str], Path]:
    """A class token before those of a picture, in a way that inference does not see through; the layer is `active`."""
    floats = {"patch": (8, 3, 4, 4), "token": (1, 1, 8), "weights": (8, 8), "head": (8, 5)}
    whole = {"zero": [0], "two": [2], "rest": [-1], "ones": [1, 1, 1], "one_each": [1, 1], "none": [0]}
    drawn = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in floats.items()}
    weights = {**drawn, **{name: np.array(value, np.int64) for name, value in whole.items()}}
    return lambda shape: write_model(TOKENS.format(shape=shape), **weights)


def test_they_are_as_the_input_is_large(
    write_tokens: Callable[[str], Path], rng: np.random.Generator, tmp_path: Path
) -> None:
    model = write_tokens("N, 3, 24, 16")
    explainer = onnxcam.Explainer(model, layer="active", provider="cpu")
    shape = explainer.plan.model.value("active").shape
    assert shape is not None
    assert not isinstance(shape[1], int), "inference sees through it: the test says nothing"
    path = onnxcam.export(model, tmp_path / "m.onnx", layer="active", provider="cpu").path
    x = rng.standard_normal((3, 3, 24, 16)).astype(np.float32)
    found = RUNTIMES["onnxruntime"](path, {"x": x})["cam"]
    np.testing.assert_allclose(found, explainer.explain(x).map, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "shape", ["N, 3, h, w", "?, 3, ?, ?", "N, 3, h, 16"], ids=["open", "open without names", "height open"]
)
def test_they_are_not_told_where_the_file_leaves_that_open(
    write_tokens: Callable[[str], Path], shape: str, tmp_path: Path
) -> None:
    with pytest.raises(onnxcam.PlanError, match="depends on the input's size, which the file leaves open"):
        onnxcam.export(write_tokens(shape), tmp_path / "m.onnx", layer="active", provider="cpu")
    assert not (tmp_path / "m.onnx").exists()
