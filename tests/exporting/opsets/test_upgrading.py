"""Shipped models at newer opsets: the outputs of the file itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.exporting.opsets import upgraded
from tests.exporting.opsets.real import EXPLAINED, feeds_of, path_of
from tests.running import run_plainly

OPSETS = (11, 13, 18, 21, 24)
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
    runs = {run: run(ir.to_proto(shipped), feeds) for run in (run_plainly, run_optimised)}
    told = []
    for opset in [o for o in OPSETS if o > own]:
        newer = upgraded(shipped, opset, keep=names)
        proto = ir.to_proto(newer)
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
