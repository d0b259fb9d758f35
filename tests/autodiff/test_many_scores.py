"""The gradient of a few scores among many reads the weights of these alone, and is the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from onnxcam.autodiff import reverse
from onnxcam.autodiff.check import pull_back
from tests.autodiff.cases import CASES, Case
from tests.autodiff.test_rules import build, run_onnxruntime

ROWS = [case for case in CASES if "many-scores" in case.id]


@pytest.mark.parametrize("scores", [[7, 299], [0, 0], []], ids=["two", "the first", "none"])
@pytest.mark.parametrize("case", ROWS, ids=[c.id for c in ROWS])
def test_a_sparse_cotangent_gives_the_product(case: Case, scores: list[int], tmp_path: Path) -> None:
    model, arrays = build(case, 13, tmp_path, np.float32), case.arrays(np.float32)
    cotangent = np.zeros((2, 300))
    for row, score in enumerate(scores):
        cotangent[row, score] = 1 + row
    found = pull_back(model, {"a": arrays["a"]}, "a", {"y": cotangent}, run_onnxruntime, run_onnxruntime)
    weights = arrays["b"] if arrays["b"].shape[0] == 300 else arrays["b"].T * (2 if case.op_type == "Gemm" else 1)
    np.testing.assert_allclose(found, cotangent @ weights, rtol=1e-6)


def test_only_a_cotangent_that_is_given_is_cut(tmp_path: Path) -> None:
    """Behind another operator the cotangent is dense: looking for zeros would cost more than it saves."""
    (case,) = [c for c in ROWS if c.id == "MatMul-many-scores"]
    model = build(case, 13, tmp_path, np.float32)
    cut = reverse(model, [model.value("y")], [model.value("a")]).model
    assert "NonZero" in {n.op_type for n in cut.graph}
    masks = [v.const_value.numpy() for v in cut.graph.initializers.values() if v.dtype == ir.DataType.BOOL]
    assert [int(mask.sum()) for mask in masks] == [1]  # not every runtime multiplies matrices without a row
    behind = Case("MatMul-behind", "z = MatMul(a, b)   y = Tanh(z)", case.inputs, (13,), constant=("b",))
    model = build(behind, 13, tmp_path, np.float32)
    whole = reverse(model, [model.value("y")], [model.value("a")]).model
    assert "NonZero" not in {n.op_type for n in whole.graph}
