"""Shipped models at newer opsets: the outputs of the file itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.errors import ModelError
from onnxcam.exporting.opsets import upgraded
from onnxcam.graph import load, whole_proto
from tests.exporting.opsets.real import EXPLAINED, feeds_of, path_of
from tests.running import run_plainly

OPSETS = (11, 13, 18, 23)
TOLERANCE = 1e-6
COARSER = {"customvision-cat-or-dog-op7": 5e-5, "squeezenet-fp16-caffe2": 1e-5}
"""Two probabilities from large scores, which ONNX Runtime's Gemm of opset 11 rounds otherwise; half precision."""
MAPS = {"customvision-cat-or-dog-op7", "mnist-winmltools-coreml"}
"""Their outputs hold maps, whose types onnx_ir forgets."""


def run_optimised(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feeds)), strict=True))


def difference(found: Any, expected: Any) -> float:
    """The largest difference of numbers, relative to the largest number; of anything else, whether there is one."""
    if isinstance(expected, list):
        return max((difference(f, e) for f, e in zip(found, expected, strict=True)), default=0.0)
    if isinstance(expected, dict):
        return max(difference(found[key], value) for key, value in expected.items())
    found, expected = np.asarray(found), np.asarray(expected)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    if expected.dtype.kind not in "fiu" or not expected.size:
        return float(found.tolist() != expected.tolist())
    scale = max(float(np.abs(expected).max()), 1e-30)
    return float(np.abs(found.astype(np.float64) - expected.astype(np.float64)).max()) / scale


@pytest.mark.parametrize("name", EXPLAINED)
def test_a_real_file_gives_the_same(name: str, figure: Callable[[str], None]) -> None:
    explainer = onnxcam.Explainer(path_of(name), provider="cpu")
    shipped, own, feeds = explainer.model.shipped, explainer.model.opset, feeds_of(explainer, name)
    names = {v.name for node in shipped.graph for v in node.outputs if v.uses() or v.is_graph_output()}
    runs = {run: run(whole_proto(shipped), feeds) for run in (run_plainly, run_optimised)}
    told = []
    for opset in [o for o in OPSETS if o > own]:
        newer = upgraded(shipped, opset, keep=names)
        proto = whole_proto(newer)
        assert {o.domain: o.version for o in proto.opset_import}[""] == opset
        if name not in MAPS:
            onnx.checker.check_model(proto, full_check=True)
        assert [(v.name, v.type, v.shape) for v in newer.graph.outputs] == [
            (v.name, v.type, v.shape) for v in shipped.graph.outputs
        ]
        found = [difference(run(proto, feeds)[k], e) for run, base in runs.items() for k, e in base.items()]
        told.append(f"{opset} {max(found):.0e}")
        assert max(found) <= COARSER.get(name, TOLERANCE)
    figure(f"upgraded: {name}, opset {own}: {', '.join(told) or 'nothing newer tried'}")


def test_weights_in_other_files_stay_there_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three gigabytes in a sparse file: more than protobuf takes, and no byte of it is read."""
    text = """<ir_version: 4, opset_import: ["" : 9]> g (float[N, 3] x) => (float[N, 3] y) {
        u = Unsqueeze <axes = [0]> (x) s = Squeeze <axes = [0]> (u) z = MatMul(s, w) y = Softmax(z)
    }"""
    proto = onnx.parser.parse_model(text)
    weight = proto.graph.initializer.add(name="w", data_type=1, dims=[3, 1 << 28], data_location=1)
    weight.external_data.add(key="location", value="w.bin")
    onnx.save(proto, tmp_path / "model.onnx")
    with (tmp_path / "w.bin").open("wb") as file:
        file.truncate(4 * 3 << 28)
    shipped = load(tmp_path / "model.onnx").shipped
    monkeypatch.setattr(ir.ExternalTensor, "_load", lambda _: pytest.fail("a weight is read"))
    newer = upgraded(shipped, 18)
    assert newer.graph.initializers["w"].const_value is shipped.graph.initializers["w"].const_value
    assert [n.op_type for n in newer.graph] == ["Unsqueeze", "Squeeze", "MatMul", "Softmax"]
    assert newer.ir_version == 8


def test_a_value_that_got_lost_is_named() -> None:
    text = '<ir_version: 4, opset_import: ["" : 9]> g (float[3] x) => (float[3] y) { y, m = Dropout(x) }'
    shipped = ir.from_proto(onnx.parser.parse_model(text))
    assert upgraded(shipped, 13, keep=["x", "y"]).graph.outputs[0].name == "y"
    with pytest.raises(ModelError, match="at opset 13 the model has no value 'm' any more. Export") as found:
        upgraded(shipped, 13, keep=["m", "y"])
    assert found.value.values == ("m",)


def test_the_shipped_model_stays_as_it_is() -> None:
    text = '<ir_version: 4, opset_import: ["" : 9]> g (float[3, 1] x) => (float[3] y) { y = Squeeze <axes = [1]> (x) }'
    proto = onnx.parser.parse_model(text)
    shipped = ir.from_proto(proto)
    upgraded(shipped, 18)
    assert whole_proto(shipped) == whole_proto(ir.from_proto(proto))
