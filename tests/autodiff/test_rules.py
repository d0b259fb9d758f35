"""Every vjp rule against central differences, at each input, at the lowest and newest opset of each meaning."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

from onnxcam.autodiff import registry
from onnxcam.autodiff.check import Runner, check_gradient, pull_back, run_reference
from onnxcam.autodiff.coverage import table
from onnxcam.graph import Model, expose, load, whole_proto
from tests.autodiff.cases import CASES, Case

ROWS = [(case, opset) for case in CASES for opset in case.opsets]
TOLERANCE = {"reference": 1e-6, "double": 1e-6, "onnxruntime": 2e-2}
STEP = {"reference": 1e-6, "double": 1e-6, "onnxruntime": 1e-2}
ELEMENT = {np.dtype("f8"): "double", np.dtype("f4"): "float", np.dtype("i8"): "int64", np.dtype("i4"): "int32"} | {
    np.dtype("?"): "bool"
}

ELEMENT_TYPE = {np.dtype("f4"): onnx.TensorProto.FLOAT, np.dtype("f8"): onnx.TensorProto.DOUBLE}


def run_onnxruntime(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    given = {n: a if isinstance(a, list) else np.asarray(a) for n, a in feeds.items()}  # a sequence is a list
    return dict(zip(names, session.run(names, given), strict=True))


def run_by(case: Case) -> Runner:
    return run_reference if case.runtime == "reference" else run_onnxruntime


def build(case: Case, opset: int, folder: Path, dtype: type[np.floating[Any]], *, is_dynamic: bool = False) -> Model:
    arrays = case.arrays(dtype)
    fed = [n for n in arrays if n not in case.constant]
    given = ", ".join(f"{ELEMENT[arrays[n].dtype]}{_dims(n, arrays[n], is_dynamic)} {n}" for n in fed)
    made = ", ".join(f"{ELEMENT[np.dtype(dtype)]}[1] {n}" for n in case.outputs)
    body = case.body.replace("REAL", ELEMENT[np.dtype(dtype)]).replace("ELEMENT", str(ELEMENT_TYPE[np.dtype(dtype)]))
    proto = onnx.parser.parse_model(f"{header(case, opset)} g ({given}) => ({made}) {{ {body} }}")
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(arrays[n], n) for n in case.constant)
    for output in proto.graph.output:  # the text format has no word for an unknown rank
        output.type.tensor_type.ClearField("shape")
    path = folder / "case.onnx"
    onnx.save(proto, path)
    return load(path)


def header(case: Case, opset: int) -> str:
    own = f', "{case.domain}" : 1' if case.domain else ""
    return f'<ir_version: 8, opset_import: ["" : {opset}{own}]>'


def forward_runner(case: Case) -> Runner:
    """What runs the case's forward model, or one that means the same."""
    run = run_by(case)
    return (lambda model, feeds: run(_with_meaning(case, model), feeds)) if case.meaning else run


def _with_meaning(case: Case, model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with standard nodes in place of the body's, before those that expose shapes."""
    opset = next(o.version for o in model.opset_import if not o.domain)
    meant = onnx.parser.parse_model(f"{header(case, opset)} g () => () {{ {case.meaning} }}").graph.node
    others = [n for n in model.graph.node if n.domain != case.domain]
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    del changed.graph.node[:]
    changed.graph.node.extend([*meant, *others])
    return changed


def _dims(name: str, array: NDArray[Any], is_dynamic: bool) -> str:
    dims = ", ".join(f"{name}_{i}" if is_dynamic else str(d) for i, d in enumerate(array.shape))
    return f"[{dims}]" if dims else ""  # an empty bracket is an unknown rank


def _wrt(case: Case) -> list[str]:
    return [n for n, a in case.arrays(np.float64).items() if a.dtype.kind == "f" and n not in case.constant]


def _feeds(case: Case, dtype: type[np.floating[Any]]) -> dict[str, NDArray[Any]]:
    return {n: a for n, a in case.arrays(dtype).items() if n not in case.constant}


@pytest.mark.parametrize(("case", "opset"), ROWS, ids=[f"{c.id}-{o}" for c, o in ROWS])
def test_gradient_equals_central_differences(case: Case, opset: int, tmp_path: Path) -> None:
    run = run_by(case)
    found = check_gradient(
        build(case, opset, tmp_path, case.dtype),
        _feeds(case, case.dtype),
        _wrt(case),
        case.outputs,
        step=case.step or STEP[case.runtime],
        run_forward=forward_runner(case),
        run_gradient=run,
    )
    assert found
    for one in found:
        assert one.error < (1e-3 if case.step else TOLERANCE[case.runtime]), one


def run_checked(model: onnx.ModelProto, feeds: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Run a gradient model on ONNX Runtime, after the checker has passed it and found nothing but `ai.onnx` in it."""
    onnx.checker.check_model(model, full_check=True)
    assert {n.domain for n in model.graph.node} <= {""}
    return run_onnxruntime(model, feeds)


@pytest.mark.parametrize("case", CASES, ids=[c.id for c in CASES])
def test_onnxruntime_runs_the_gradient_model(case: Case, tmp_path: Path) -> None:
    """ONNX Runtime in float32, with static and with symbolic dimensions, gives the gradient that was checked."""
    run, run_forward = run_by(case), forward_runner(case)
    exact, feeds = build(case, case.opsets[0], tmp_path, case.dtype), _feeds(case, case.dtype)
    outputs = run_forward(whole_proto(expose(exact, case.outputs)), feeds)
    rng = np.random.default_rng(0)
    cotangents = {n: rng.standard_normal(outputs[n].shape) for n in case.outputs}
    expected = {n: pull_back(exact, feeds, n, cotangents, run_forward, run) for n in _wrt(case)}
    for is_dynamic in (False, True)[: 1 + case.is_dynamic]:
        model = build(case, case.opsets[0], tmp_path, np.float32, is_dynamic=is_dynamic)
        for name, wanted in expected.items():
            found = pull_back(model, _feeds(case, np.float32), name, cotangents, run_forward, run_checked)
            assert found.shape == wanted.shape
            np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * max(1.0, np.abs(wanted).max(initial=0)))


def test_every_rule_and_every_expansion_has_a_case() -> None:
    own = {(e.domain, e.op_type) for e in registry.entries() if e.rule is not None}
    assert own - {(c.domain, c.op_type) for c in CASES} == set()


def test_every_meaning_has_a_case() -> None:
    """What is registered from a version on is tried at an opset that selects it."""
    missing = []
    for entry in registry.entries():
        key = entry.domain, entry.op_type
        versions = {since_version(*key, o) for c in CASES if (c.domain, c.op_type) == key for o in c.opsets}
        if entry.rule is not None and not any(registry.find(*key, v) == entry for v in versions):
            missing.append(f"{entry.domain}.{entry.op_type} since {entry.since}")
    assert missing == []


def test_every_version_that_is_expanded_from_its_body_has_a_case() -> None:
    rows = {(r.domain, r.op_type, r.since_version) for r in table() if r.kind == "expansion"}
    bodies = {row for row in rows if registry.find(*row) is None}
    tried = {(c.domain, c.op_type, since_version(c.domain, c.op_type, o)) for c in CASES for o in c.opsets}
    assert bodies - tried == set()


def since_version(domain: str, op_type: str, opset: int) -> int:
    """The operator's version at an opset; 1 where the standard does not know it."""
    try:
        return int(onnx.defs.get_schema(op_type, opset, domain).since_version)
    except onnx.defs.SchemaError:
        return 1
