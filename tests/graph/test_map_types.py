"""Outputs that are sequences of maps: their types outlive loading and saving."""

from __future__ import annotations

from pathlib import Path

import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper

from onnxcam.graph import load, save


@pytest.fixture
def zipped(tmp_path: Path) -> Path:
    """A classifier that gives its probabilities by name."""
    names = helper.make_sequence_type_proto(
        helper.make_map_type_proto(TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, []))
    )
    graph = helper.make_graph(
        [
            helper.make_node("Softmax", ["x"], ["p"], axis=1),
            helper.make_node("ZipMap", ["p"], ["y"], domain="ai.onnx.ml", classlabels_strings=["cat", "dog"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])],
        [helper.make_value_info("y", names)],
    )
    imports = [helper.make_opsetid("", 18), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=imports, ir_version=8), tmp_path / "zipped.onnx")
    return tmp_path / "zipped.onnx"


@pytest.mark.parametrize("copy", [lambda model: model, ir.Model.clone], ids=["the model", "a clone"])
def test_they_are_written_again(zipped: Path, tmp_path: Path, copy: object) -> None:
    assert callable(copy)
    save(copy(load(zipped).shipped), tmp_path / "again.onnx")
    assert list(onnx.load(tmp_path / "again.onnx").graph.output) == list(onnx.load(zipped).graph.output)
    onnx.checker.check_model(tmp_path / "again.onnx", full_check=True)
