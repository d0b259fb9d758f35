"""What is known of values without a run is what a run gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxcam.graph import load
from tests.conftest import Write


@pytest.mark.parametrize("op_type", ["RNN", "GRU", "LSTM"])
def test_a_recurrent_operator_of_constants_is_not_taken_for_known(op_type: str, tmp_path: Path) -> None:
    """The reference evaluator runs every sequence to the end of the longest."""
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op_type]
    rng = np.random.default_rng(0)
    text = f"""<ir_version: 8, opset_import: ["" : 14]>
        g (float[2, 2] b) => (float[2, 2] z) <int32[2] n = {{1, 2}}>
        {{ y, h = {op_type} <hidden_size = 2> (x, w, r, , n)
           s = Squeeze(h)
           z = MatMul(b, s) }}"""
    model = onnx.parser.parse_model(text)
    for name, shape in (("x", (2, 2, 3)), ("w", (1, 2 * gates, 3)), ("r", (1, 2 * gates, 2))):
        model.graph.initializer.append(onnx.numpy_helper.from_array(rng.standard_normal(shape).astype("f4"), name))
    path = tmp_path / "m.onnx"
    onnx.save(model, path)
    loaded = load(path)
    assert loaded.constants.array(loaded.value("s")) is None


def test_the_size_of_a_value_of_known_shape_is_known(write_model: Write) -> None:
    path = write_model("g (float[3, 4] x, float[N, 4] z) => (int64 y, int64 u) { y = Size(x) u = Size(z) }")
    model = load(path)
    np.testing.assert_array_equal(model.constants.array(model.value("y")), 12)
    assert model.constants.array(model.value("u")) is None
