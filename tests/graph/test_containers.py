"""Sequences and optional values are not taken for tensors."""

from __future__ import annotations

import onnx_ir as ir
import pytest

from onnxcam.graph import load
from tests.conftest import Write

TENSOR = ir.TensorType(ir.DataType.FLOAT)
SEQUENCE = ir.SequenceType(TENSOR)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("s = SequenceConstruct(x, x) c = Identity(s) y = SequenceAt(c, i)", SEQUENCE),
        ("o = Optional(x) c = Identity(o) y = OptionalGetElement(c)", ir.OptionalType(TENSOR)),
        (
            "s = SequenceConstruct(x) o = Optional(s) c = Identity(o) t = OptionalGetElement(c)",
            ir.OptionalType(SEQUENCE),
        ),
        (
            "s = SequenceConstruct(x) o = Optional(s) q = Identity(o) c = OptionalGetElement(q) y = SequenceAt(c, i)",
            SEQUENCE,
        ),
        (
            """s = SequenceConstruct(x) o = Optional(s)
            c = Loop (i, , o) <body = b (int64 n, bool k, optional(seq(float[3])) a) => (bool kept, seq(float[3]) e) {
                kept = Identity(k) d = OptionalGetElement(a) e = SequenceInsert(d, x)
            }> y = SequenceAt(c, i)""",
            SEQUENCE,
        ),
    ],
    ids=["sequence", "optional tensor", "optional sequence", "element of an optional", "loop from an optional"],
)
def test_the_type_of_a_container_is_kept(write_model: Write, body: str, expected: ir.TypeProtocol) -> None:
    if "y =" not in body:
        body += " y = SequenceAt(t, i)"
    model = load(write_model(f"g (float[3] x, int64 i) => (float[3] y) {{ {body} }}", opset=18))
    assert model.value("c").type == expected
