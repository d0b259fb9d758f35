"""Every vjp rule against central differences, at each input, at the lowest and newest opset of each meaning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime
import pytest
from numpy.typing import NDArray

from onnxcam.autodiff import registry, reverse
from onnxcam.autodiff.check import check_gradient, run_reference
from onnxcam.graph import Model, load
from tests.autodiff.cases import CASES, Case

ROWS = [(case, opset) for case in CASES for opset in case.opsets]
TOLERANCE = {"reference": 1e-6, "onnxruntime": 2e-2}
STEP = {"reference": 1e-6, "onnxruntime": 1e-2}
ELEMENT = {np.dtype("f8"): "double", np.dtype("f4"): "float", np.dtype("i8"): "int64", np.dtype("i4"): "int32"} | {
    np.dtype("?"): "bool"
}


def run_onnxruntime(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feeds)), strict=True))


def build(case: Case, opset: int, folder: Path, dtype: type[np.floating[Any]], *, is_dynamic: bool = False) -> Model:
    arrays = case.arrays(dtype)
    fed = [n for n in arrays if n not in case.constant]
    given = ", ".join(f"{ELEMENT[arrays[n].dtype]}{_dims(n, arrays[n], is_dynamic)} {n}" for n in fed)
    made = ", ".join(f"{ELEMENT[np.dtype(dtype)]}{_unknown(case, arrays, opset, n)} {n}" for n in case.outputs)
    text = f'<ir_version: 8, opset_import: ["" : {opset}]> g ({given}) => ({made}) {{ {case.body} }}'
    proto = onnx.parser.parse_model(text)
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(arrays[n], n) for n in case.constant)
    for output in proto.graph.output:
        output.type.tensor_type.ClearField("shape")
    path = folder / "case.onnx"
    onnx.save(proto, path)
    return load(path)


def _dims(name: str, array: NDArray[Any], is_dynamic: bool) -> str:
    dims = ", ".join(f"{name}_{i}" if is_dynamic else str(d) for i, d in enumerate(array.shape))
    return f"[{dims}]" if dims else ""  # an empty bracket is an unknown rank


def _unknown(case: Case, arrays: dict[str, NDArray[Any]], opset: int, name: str) -> str:
    return "[1]"  # parsed, then cleared: the text format has no word for an unknown rank


def _wrt(case: Case) -> list[str]:
    return [n for n, a in case.arrays(np.float64).items() if a.dtype.kind == "f" and n not in case.constant]


def _feeds(case: Case, dtype: type[np.floating[Any]]) -> dict[str, NDArray[Any]]:
    return {n: a for n, a in case.arrays(dtype).items() if n not in case.constant}


@pytest.mark.parametrize(("case", "opset"), ROWS, ids=[f"{c.id}-{o}" for c, o in ROWS])
def test_gradient_equals_central_differences(case: Case, opset: int, tmp_path: Path) -> None:
    is_reference = case.runtime == "reference"
    dtype: type[np.floating[Any]] = np.float64 if is_reference else np.float32
    run = run_reference if is_reference else run_onnxruntime
    found = check_gradient(
        build(case, opset, tmp_path, dtype),
        _feeds(case, dtype),
        _wrt(case),
        case.outputs,
        step=case.step or STEP[case.runtime],
        run_forward=run,
        run_gradient=run,
    )
    assert found
    for one in found:
        assert one.error < (1e-3 if case.step else TOLERANCE[case.runtime]), one


@pytest.mark.parametrize("case", CASES, ids=[c.id for c in CASES])
@pytest.mark.parametrize("is_dynamic", [False, True], ids=["static", "dynamic"])
def test_onnxruntime_runs_the_gradient_model(case: Case, is_dynamic: bool, tmp_path: Path) -> None:
    """ONNX Runtime in float32, with static and with symbolic dimensions, gives the reference evaluator's gradient."""
    if is_dynamic and not case.is_dynamic:
        pytest.skip("the operator's output rank depends on a dimension")
    opset = case.opsets[0]
    model = build(case, opset, tmp_path, np.float32, is_dynamic=is_dynamic)
    feeds = _feeds(case, np.float32)
    for name in _wrt(case):
        ys, x = [model.value(n) for n in case.outputs], model.value(name)
        proto = ir.to_proto(reverse(model, ys, [x]).model)
        onnx.checker.check_model(proto, full_check=True)
        assert {n.domain for n in proto.graph.node} <= {""}
    run = run_reference if case.runtime == "reference" else run_onnxruntime
    args: dict[str, Any] = {"directions": 3, "step": STEP["onnxruntime"], "run_forward": run}
    by_runtime = check_gradient(model, feeds, _wrt(case), case.outputs, run_gradient=run_onnxruntime, **args)
    exact = check_gradient(
        build(case, opset, tmp_path, np.float64 if run is run_reference else np.float32),
        _feeds(case, np.float64 if run is run_reference else np.float32),
        _wrt(case),
        case.outputs,
        run_gradient=run_onnxruntime if run is run_onnxruntime else run_reference,
        **args,
    )
    for one, other in zip(by_runtime, exact, strict=True):
        np.testing.assert_allclose(one.gradient, other.gradient, rtol=1e-3, atol=1e-4)


def test_every_rule_has_a_case() -> None:
    ruled = {e.op_type for e in registry.entries() if e.kind == "rule" and e.domain == ""}
    assert ruled - {c.op_type for c in CASES} == set()


def test_every_meaning_has_a_case() -> None:
    """A rule registered from a version on is tried at an opset that selects it."""
    missing = []
    for entry in registry.entries():
        if entry.kind != "rule" or entry.domain:
            continue
        versions = {_since(c.op_type, o) for c in CASES if c.op_type == entry.op_type for o in c.opsets}
        if not any(registry.find("", entry.op_type, v) == entry for v in versions):
            missing.append(f"{entry.op_type} since {entry.since}")
    assert missing == []


def _since(op_type: str, opset: int) -> int:
    """The operator's version at an opset; 1 for one that the standard has dropped."""
    return int(onnx.defs.get_schema(op_type, opset).since_version) if onnx.defs.has(op_type) else 1
