from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from onnxcam.errors import ModelError
from onnxcam.graph import expose, load, save, whole_proto


def test_the_shipped_model_stays_as_it_is_but_for_the_new_outputs(classifier: Path) -> None:
    shipped = onnx.load(classifier)
    exposed = whole_proto(expose(load(classifier), ["c", "z", "y"], ["r"]))
    assert [o.name for o in exposed.graph.output] == ["y", "c", "z", "r::shape"]
    nodes = [onnx.printer.to_text(n).strip() for n in exposed.graph.node]
    assert nodes == [
        *(onnx.printer.to_text(n).strip() for n in shipped.graph.node),
        '["r::shape"] "r::shape" = Shape (r)',
    ]
    assert [t.SerializeToString() for t in exposed.graph.initializer] == [
        t.SerializeToString() for t in shipped.graph.initializer
    ]


def test_exposed_values_are_what_the_model_computes(classifier: Path, tmp_path: Path, rng: np.random.Generator) -> None:
    save(expose(load(classifier), ["f", "z"], ["c"]), tmp_path / "out.onnx")
    onnx.checker.check_model(str(tmp_path / "out.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(tmp_path / "out.onnx", providers=["CPUExecutionProvider"])
    x = rng.standard_normal((2, 3, 16, 16)).astype(np.float32)
    y, f, z, shape = session.run(None, {"x": x})
    np.testing.assert_array_equal(shape, [2, 8, 8, 8])
    np.testing.assert_allclose(np.exp(z) / np.exp(z).sum(1, keepdims=True), y, rtol=1e-5)
    assert f.shape == (2, 8)


def test_an_unknown_value_is_refused(classifier: Path) -> None:
    with pytest.raises(ModelError, match="no value 'nothing'"):
        expose(load(classifier), ["nothing"])
