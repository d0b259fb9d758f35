"""The backward sweep: what many readers hand back is added once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxcam.autodiff import reverse
from onnxcam.autodiff.check import check_gradient
from onnxcam.errors import GradientError
from onnxcam.graph import Model, load

READERS = {2: "Add", 3: "Sum", 7: "Sum"}


def read_often(path: Path, count: int) -> Model:
    scaled = " ".join(f"s{i} = Mul(h, c{i})" for i in range(count))
    text = f"""<ir_version: 8, opset_import: ["" : 17]>
    g (double[2, 3] x) => (double[2, 3] y) <{", ".join(f"double c{i} = {{{i + 1}}}" for i in range(count))}> {{
        h = Sin(x) {scaled} y = Sum({", ".join(f"s{i}" for i in range(count))})
    }}"""
    onnx.save(onnx.parser.parse_model(text), path)
    return load(path)


@pytest.mark.parametrize("count", READERS)
def test_a_value_with_many_readers_has_one_sum(tmp_path: Path, count: int) -> None:
    model = read_often(tmp_path / "model.onnx", count)
    gradient = reverse(model, [model.value("y")], [model.value("x")])
    counts = Counter(node.op_type for node in gradient.model.graph)
    assert {k: n for k, n in counts.items() if k in {"Add", "Sum"}} == {READERS[count]: 1}
    (found,) = check_gradient(model, {"x": np.random.default_rng(0).standard_normal((2, 3))}, ["x"], ["y"])
    assert found.error < 1e-8


def test_an_output_that_an_expansion_does_not_compute_is_refused(tmp_path: Path) -> None:
    """Not passed over in silence."""
    text = """<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
    g (float[1, 3, 16] q, int32[1] l, int32[1] t) => (float[1, 2, 3, 3] z) {
        y, k, v, z = com.microsoft.GroupQueryAttention <num_heads = 2, kv_num_heads = 1, qk_output = 1>
            (q, , , , , l, t)
    }"""
    onnx.save(onnx.parser.parse_model(text), tmp_path / "model.onnx")
    model = load(tmp_path / "model.onnx")
    with pytest.raises(GradientError, match="its output 'z' is not known in standard operators"):
        reverse(model, [model.value("z")], [model.value("q")])
