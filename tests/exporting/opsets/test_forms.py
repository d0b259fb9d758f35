"""Every form: the node as it is written and as it was or will be, by ONNX Runtime and by onnx's evaluator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from onnxcam.errors import ModelError
from onnxcam.exporting.opsets import NoOlderForm, at_opset, upgraded, walking
from onnxcam.exporting.opsets.register import forms, next_form
from onnxcam.graph import whole_proto
from tests.exporting.opsets.rows import NEWER, OLDER, Row
from tests.running import run_plainly

Array = NDArray[Any]
REFUSING = {("newer", "Scan", 9)}
"""Forms that there are none of, which says why."""
SCAN = """agraph (float[1, 2] s, float[1, 3, 2] x) => (float[1, 2] t, float[1, 3, 2] y) {
    t, y = Scan <num_scan_inputs = 1, body = b (float[2] a, float[2] c) => (float[2] d, float[2] e) {
        d = Add(a, c) e = Identity(d) }> (, s, x)
}"""
BATCH = """agraph (float[1, 2, 3] x, float[2, 3] w) => (float[1, 2, 3] y) {
    y = BatchNormalization <spatial = 0> (x, w, w, w, w)
}"""
MASK = "agraph (float[2] x) => (float[2] y) { d, m = Dropout(x) f = Cast <to = 1> (m) y = Add(d, f) }"


def run_reference(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> dict[str, Array] | None:
    """The outputs by onnx's evaluator; None where it does not know a node of that opset."""
    names = [o.name for o in model.graph.output]
    try:
        return dict(zip(names, ReferenceEvaluator(model).run(None, dict(feeds)), strict=True))
    except Exception:  # noqa: BLE001 - it fails in many ways at what it does not know
        return None


def hold(row: Row, expected: Mapping[str, Array], found: Mapping[str, Array], where: str) -> None:
    assert list(found) == list(row.makes), where
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape), where
        np.testing.assert_allclose(found[name], array, rtol=row.tolerance, atol=row.tolerance, err_msg=where)


@pytest.mark.parametrize("row", OLDER, ids=lambda row: row.name)
def test_an_older_form_computes_the_same(row: Row, tally: Callable[[str, Any], None]) -> None:
    proto = row.model()
    model, expected = ir.from_proto(proto), run_plainly(proto, row.fed)
    by_reference = run_reference(proto, row.fed) if row.is_known_to_reference else None
    for opset in range(row.until, row.opset):
        older = whole_proto(at_opset(model, opset))
        onnx.checker.check_model(older, full_check=True)
        hold(row, expected, run_plainly(older, row.fed), f"ONNX Runtime, opset {opset}")
        found = run_reference(older, row.fed) if by_reference is not None else None
        if found is not None and by_reference is not None:
            hold(row, by_reference, found, f"reference, opset {opset}")
    if row.until > 7:
        with pytest.raises(NoOlderForm, match=f"no form at opset {row.until - 1}: "):
            at_opset(model, row.until - 1)


def test_indices_and_axes_count_from_the_front() -> None:
    """Runtimes may know better than to ask for that before opset 11, but were not told so."""
    row = next(row for row in OLDER if row.name == "Gather")
    older = whole_proto(at_opset(ir.from_proto(row.model()), 10))
    held = {i.name: onnx.numpy_helper.to_array(i).tolist() for i in older.graph.initializer}
    assert held[older.graph.node[0].input[1]] == [0, 3, 2]
    assert older.graph.node[0].attribute[0].i == 2


def test_a_size_without_a_symbol_is_told_by_its_place() -> None:
    row = next(row for row in OLDER if row.name == "Resize-of-some")
    model = ir.from_proto(row.model())
    ir.convenience.create_value_mapping(model.graph)["z"].shape = ir.Shape([None, 1, 6, 6])
    assert at_opset(model, 7).opset_imports[""] == 7


@pytest.mark.parametrize("row", NEWER, ids=lambda row: row.name)
def test_a_newer_form_computes_the_same(row: Row) -> None:
    proto = row.model()
    model, expected = ir.from_proto(proto), run_plainly(proto, row.fed)
    for opset in range(row.opset + 1, row.until + 1):
        newer = whole_proto(upgraded(model, opset))
        onnx.checker.check_model(newer, full_check=True)
        hold(row, expected, run_plainly(newer, row.fed), f"ONNX Runtime, opset {opset}")


@pytest.mark.parametrize(
    ("text", "opset", "why"),
    [
        (SCAN, 8, "Scan at node 't' cannot be written at opset 9: it scans a batch"),
        (BATCH, 7, "BatchNormalization at node 'y' cannot be written at opset 9: it is not spatial"),
        (MASK, 9, "Dropout at node 'd' cannot be written at opset 10: its mask is read"),
    ],
    ids=["Scan", "BatchNormalization", "Dropout"],
)
def test_what_has_no_newer_form_says_why(text: str, opset: int, why: str) -> None:
    model = ir.from_proto(onnx.parser.parse_model(f'<ir_version: 7, opset_import: ["" : {opset}]> {text}'))
    with pytest.raises(ModelError, match=f"{why}. Export the model from its framework at opset 13 or newer.") as found:
        upgraded(model, 13)
    assert found.value.opset == 13


def test_every_form_has_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    used = set()

    def spy(op_type: str, dialect: int, target: int) -> Any:
        found = next_form(op_type, dialect, target)
        if found is not None:
            used.add(("older", op_type, found[1] + 1) if target < dialect else ("newer", op_type, found[1]))
        return found

    monkeypatch.setattr(walking, "next_form", spy)
    for row in OLDER:
        at_opset(ir.from_proto(row.model()), row.until)
    for row in NEWER:
        upgraded(ir.from_proto(row.model()), row.until)
    assert set(forms()) - used == REFUSING
