from __future__ import annotations

from onnxcam.graph import between, downstream, load, upstream
from tests.conftest import Write

DIAMOND = """g (float[2] x, float[2] q) => (float[2] y) {
    a = Relu(x)   b = Neg(a)   c = Abs(a)   d = Add(b, c)   e = Exp(q)   y = Mul(d, e)   z = Sin(b)
}"""


def test_between_holds_the_nodes_on_a_path(write_model: Write) -> None:
    model = load(write_model(DIAMOND))
    nodes = between(model.graph, [model.value("a")], [model.value("y")])
    assert [n.op_type for n in nodes] == ["Neg", "Abs", "Add", "Mul"]


def test_up_and_down(write_model: Write) -> None:
    model = load(write_model(DIAMOND))
    assert {v.name for v in downstream(model.graph, [model.value("c")])} == {"c", "d", "y"}
    assert {v.name for v in upstream(model.graph, [model.value("b")])} == {"b", "a", "x"}


def test_a_sub_graphs_use_of_an_outer_value_counts(write_model: Write) -> None:
    text = """g (float[2] x, bool k) => (float[2] y) {
        a = Relu(x)
        y = If (k) <
            then_branch = t () => (float[2] p) { p = Neg(a) },
            else_branch = e () => (float[2] r) { r = Abs(x) }
        >
    }"""
    model = load(write_model(text))
    assert [n.op_type for n in between(model.graph, [model.value("a")], [model.value("y")])] == ["If"]
