"""An expansion computes what the runtime's own operator does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import pytest
from onnxruntime.capi import onnxruntime_pybind11_state

from onnxcam.autodiff import registry
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.sweep import entry_of
from onnxcam.graph import SHAPE_SUFFIX, Model, expose, whole_proto
from tests.autodiff.cases import CASES, Case
from tests.autodiff.test_rules import build, forward_runner, run_checked, since_version

# Straight through the rounding is not what the operator computes; tests/autodiff/test_quantized.py holds these.
ROUNDING = {"qlinear", "qlinear_pooling", "qlinear_products", "quantization"}
LEFT_OUT = {"DynamicQuantizeLSTM", "DynamicQuantizeMatMul", "SequenceMap"}  # two round too, one makes no tensor


def is_held(case: Case, opset: int) -> bool:
    entry = registry.find(case.domain, case.op_type, since_version(case.domain, case.op_type, opset))
    if entry is None or entry.rule is None or entry.kind != "expansion" or case.op_type in LEFT_OUT:
        return False
    return entry.rule.__module__.rpartition(".")[2] not in ROUNDING


ROWS = [(case, opset) for case in CASES for opset in case.opsets if is_held(case, opset)]


def expanded(model: Model, node: ir.Node) -> tuple[onnx.ModelProto, Emitter, list[str]]:
    """The node's expansion as a model, what it reads, and the outputs of the node that it computes."""
    op = Emitter(model.graph, model.constants, ir.DataType.FLOAT)
    entry = entry_of(node, model.graph.opset_imports)
    assert entry is not None
    assert entry.rule is not None
    made = entry.rule(op, ForwardNode(node, entry.since, model.constants, frozenset(model.graph.inputs)))
    outputs = made if isinstance(made, (tuple, list)) else (made,)
    names = []
    for theirs, ours in zip(node.outputs, outputs, strict=False):
        if theirs.name and ours is not None:
            op.put_out(ours)
            names.append(theirs.name)
    return whole_proto(ir.Model(op.graph, ir_version=8)), op, names


@pytest.mark.parametrize(("case", "opset"), ROWS, ids=[f"{c.id}-{o}" for c, o in ROWS])
def test_it_computes_what_the_operator_does(case: Case, opset: int, tmp_path: Path) -> None:
    model = build(case, opset, tmp_path, np.float32)
    feeds = {n: a for n, a in case.arrays(np.float32).items() if n not in case.constant}
    (node,) = (n for n in model.graph if (n.domain, n.op_type) == (case.domain, case.op_type))
    proto, op, names = expanded(model, node)
    values = [r.value for r in op.residuals.values() if r.kind == "value" and r.value not in feeds]
    shapes = [r.value for r in op.residuals.values() if r.kind == "shape"]
    known = forward_runner(case)(whole_proto(expose(model, [*values, *names], shapes)), feeds) | feeds
    given = {r.name: known[r.value + (SHAPE_SUFFIX if r.kind == "shape" else "")] for r in op.residuals.values()}
    ours = run_checked(proto, given)
    for name, output in zip(names, proto.graph.output, strict=True):
        assert ours[output.name].shape == known[name].shape
        np.testing.assert_allclose(ours[output.name], known[name], rtol=1e-5, atol=1e-5)


def schema_defaults() -> dict[tuple[str, str, str], Any]:
    """By domain, operator and attribute, of ONNX Runtime's own operators."""
    found = {}
    for schema in onnxruntime_pybind11_state.get_all_operator_schema():
        for name, attribute in schema.attributes.items():
            proto = onnx.AttributeProto.FromString(attribute._default_value)
            if proto.type != onnx.AttributeProto.UNDEFINED:
                value = onnx.helper.get_attribute_value(proto)
                found[schema.domain, schema.name, name] = value.decode() if isinstance(value, bytes) else value
    return found


def test_attributes_that_are_left_out_mean_what_the_schema_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Onnx has no schema of these operators, so their expansions say the defaults."""
    attribute, known, wrong = ForwardNode.attribute, schema_defaults(), []
    checked = set()

    def checking(self: ForwardNode, name: str, default: Any = None) -> Any:
        key = self.node.domain, self.node.op_type, name
        if key in known and self.node.domain == "com.microsoft":
            checked.add(key)
            if default is not None and default != pytest.approx(known[key]):
                wrong.append((key, default))
        return attribute(self, name, default)

    monkeypatch.setattr(ForwardNode, "attribute", checking)
    for case in {c.op_type: c for c, _ in ROWS if c.domain}.values():
        model = build(case, case.opsets[0], tmp_path, np.float32)
        expanded(model, next(n for n in model.graph if n.op_type == case.op_type))
    assert wrong == []
    assert len(checked) > 50


# Inputs say what size the output has.
UNSIZED = {f"{name}-computed" for name in ("ConvTransposeWithDynamicPads", "CropAndResize", "Pad")} | {
    *("Irfft", "Irfft-odd", "Range", "Range-lists", "Unique"),
    *("RelativePositionBias", "RelativePositionBias-bidirectional"),
    "GroupQueryAttention-buffer",
    "GroupQueryAttention-buffer-unused",
    "GroupQueryAttention-counts",
    "GroupQueryAttention-past",
    "GroupQueryAttention-past-ragged",
    "GroupQueryAttention-rotary-past",
    "GroupQueryAttention-rotary-past-places",
    "RemovePadding",
}
OWN = [case for case in CASES if case.domain == "com.microsoft"]
SIZED = [(case, is_dynamic) for case in OWN for is_dynamic in (False, True)[: 1 + case.is_dynamic]]


@pytest.mark.parametrize(
    ("case", "is_dynamic"), SIZED, ids=[f"{c.id}-{'dynamic' if is_dynamic else 'static'}" for c, is_dynamic in SIZED]
)
def test_the_shape_of_its_output_is_known_beforehand(case: Case, is_dynamic: bool, tmp_path: Path) -> None:
    opset = case.opsets[0]
    model = build(case, opset, tmp_path, np.float32, is_dynamic=is_dynamic)
    feeds = {n: a for n, a in case.arrays(np.float32).items() if n not in case.constant}
    computed = forward_runner(case)(whole_proto(expose(model, case.outputs)), feeds)
    for name in case.outputs:
        found = model.value(name)
        assert found.dtype == ir.DataType.FLOAT
        assert found.shape is not None
        assert found.shape.rank() == computed[name].ndim
        known = [d if isinstance(d, int) else None for d in found.shape]
        assert all(d in (None, n) for d, n in zip(known, computed[name].shape, strict=True))
        assert is_dynamic or case.id.removeprefix("com.microsoft.") in UNSIZED or None not in known
