"""A tail fed with the unchanged layer gives the model's scores, to the bit; with a changed one, those of the model."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from onnxcam.errors import ModelError
from onnxcam.graph import Model, Tail, cut_tail, expose, load, whole_proto
from tests.conftest import Write
from tests.running import run_plainly

Array = NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """A model that is cut.

    Attributes:
        text: Its graph, from `x` to `y`.
        crossing: What crosses the cut at `c` beside it.
        layer: Where it is cut.
        weights: Shapes of its weights.
        nodes: How many the tail has; None where that does not matter.
    """

    text: str
    crossing: tuple[str, ...] = ()
    layer: str = "c"
    weights: dict[str, tuple[int, ...]] = dataclasses.field(default_factory=lambda: {"w": (4, 3, 1, 1)})
    nodes: int | None = None


ENDS = "(float[N, 3, 6, 6] x) => (float[N, 4] y)"
POOLED = "f = ReduceMean <axes = [2, 3], keepdims = 0>"
CASES = {
    "straight": Case(f"g {ENDS} {{ c = Conv(x, w)   r = Relu(c)   {POOLED} (r)   y = Tanh(f) }}", nodes=3),
    "skip connection": Case(
        f"g {ENDS} {{ s = Conv(x, w)   c = Conv(s, v)   a = Add(c, s)   r = Relu(a)   {POOLED} (r)   y = Tanh(f) }}",
        ("s",),
        weights={"w": (4, 3, 1, 1), "v": (4, 4, 1, 1)},
        nodes=4,
    ),
    "two skips, of them the input": Case(
        f"""g {ENDS} {{
            s = Conv(x, w)   c = Conv(s, v)   a = Mul(c, s)   m = ReduceMean <axes = [1, 2, 3]> (x)   b = Add(a, m)
            d = ReduceMax <axes = [1]> (x)   e = Sub(b, d)   {POOLED} (e)   y = Identity(f)
        }}""",
        ("s", "m", "d"),
        weights={"w": (4, 3, 1, 1), "v": (4, 4, 1, 1)},
    ),
    "sizes of the layer and of the input": Case(
        f"""g {ENDS} <int64[1] last = {{-1}}> {{
            c = Conv(x, w)   z = Shape <start = 0, end = 2> (c)   u = Concat <axis = 0> (z, last)   e = Reshape(c, u)
            n = Shape(x)   k = Cast <to = 1> (n)   t = ReduceMax <keepdims = 0> (k)   d = Div(e, t)
            y = ReduceMax <axes = [2], keepdims = 0> (d)
        }}""",
        ("u", "t"),
    ),
    "a sibling of the layer": Case(
        f"g {ENDS} {{ q = Conv(x, w)   c, o = Split <axis = 1> (q)   a = Mul(c, o)   {POOLED} (a)   y = Neg(f) }}",
        ("o",),
        weights={"w": (8, 3, 1, 1)},
    ),
    "weights computed from weights": Case(
        f"""g {ENDS} {{
            c = Conv(x, w)   t = Transpose <perm = [1, 0, 2, 3]> (v)   d = Conv(c, t)   {POOLED} (d)   y = Neg(f)
        }}""",
        weights={"w": (4, 3, 1, 1), "v": (4, 4, 1, 1)},
        nodes=4,
    ),
    "chance beside the layer": Case(
        f"""g {ENDS} {{
            c = Conv(x, w)   n = RandomNormal <shape = [6, 6]> ()   a = Add(c, n)   {POOLED} (a)   y = Neg(f)
        }}""",
        ("n",),
    ),
    "a branch that captures": Case(
        f"""g {ENDS} <bool yes = {{1}}> {{
            s = Conv(x, w)   c = Neg(s)
            y = If (yes) <
                then_branch = t () => (float[N, 4] p) {{ a = Mul(c, s)   p = ReduceMin <axes=[2, 3], keepdims=0> (a) }},
                else_branch = e () => (float[N, 4] q) {{ q = ReduceMax <axes = [2, 3], keepdims = 0> (c) }}
            >
        }}""",
        ("s",),
    ),
    "a sequence beside the layer": Case(
        f"""g {ENDS} <int64 first = {{0}}, int64 last = {{2}}> {{
            s = Conv(x, w)   c = Relu(s)   q = SequenceConstruct(s, c)   p = SequenceConstruct(s, s)
            o = SequenceAt(p, first)   j = SequenceInsert(p, c)   l = SequenceAt(j, last)   a = Sub(l, o)   {POOLED} (a)
            y = Neg(f)
        }}""",
        ("s", "o"),
    ),
    "the input itself": Case(
        f"g {ENDS} {{ c = Conv(x, w)   r = Relu(c)   {POOLED} (r)   y = Tanh(f) }}", layer="x", nodes=4
    ),
}


def cut(write_model: Write, case: Case) -> tuple[Model, Tail]:
    rng = np.random.default_rng(0)
    arrays = {n: rng.standard_normal(s).astype(np.float32) for n, s in case.weights.items()}
    model = load(write_model(case.text, **arrays))
    return model, cut_tail(model, case.layer, "y")


def run_head(model: Model, tail: Tail, feeds: dict[str, Array]) -> dict[str, Array]:
    """One run: what the tail reads, and the score."""
    wanted = [n for n in (tail.layer, *tail.crossing, tail.output) if n not in feeds]
    exposed = expose(model, [n for n in wanted if "::" not in n], reals=[n[:-6] for n in wanted if "::" in n])
    return run_plainly(whole_proto(exposed), feeds) | feeds


def run_tail(tail: Tail, values: dict[str, Array]) -> Array:
    proto = whole_proto(tail.model)
    onnx.checker.check_model(proto)
    assert [i.name for i in proto.graph.input] == [tail.layer, *tail.crossing]
    return run_plainly(proto, {n: values[n] for n in (tail.layer, *tail.crossing)})[tail.output]


def with_layer_as_input(path: Path, layer: str) -> onnx.ModelProto:
    """The whole model, its layer read from an input of the same name."""
    proto = onnx.load(path)
    for node in proto.graph.node:
        for i, name in enumerate(node.output):
            if name == layer:
                node.output[i] = f"{name}_unused"
    proto.graph.input.append(onnx.helper.make_tensor_value_info(layer, onnx.TensorProto.FLOAT, None))
    return proto


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_unchanged_layer_gives_the_scores(write_model: Write, case: Case) -> None:
    model, tail = cut(write_model, case)
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 6)).astype(np.float32)
    values = run_head(model, tail, {"x": x})
    assert tail.crossing == case.crossing
    assert case.nodes in {None, len(tail.model.graph)}
    np.testing.assert_array_equal(run_tail(tail, values), values["y"])


REPEATABLE = [name for name, case in CASES.items() if case.layer == "c" and "Random" not in case.text]


@pytest.mark.parametrize("case", [CASES[name] for name in REPEATABLE], ids=REPEATABLE)
def test_a_changed_layer_gives_the_scores_of_the_whole_model(write_model: Write, case: Case) -> None:
    model, tail = cut(write_model, case)
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 6)).astype(np.float32)
    values = run_head(model, tail, {"x": x})
    changed = values["c"] * 1.5 + 0.25
    wanted = run_plainly(with_layer_as_input(model.path, "c"), {"x": x, "c": changed})["y"]
    assert not np.array_equal(wanted, values["y"])
    np.testing.assert_array_equal(run_tail(tail, values | {"c": changed}), wanted)


QUANTISED = {
    "a pair of quantisers": (
        f"""g {ENDS} <float s = {{0.05}}, uint8 z = {{100}}> {{
            d = Conv(x, w)   c = QuantizeLinear(d, s, z)   e = DequantizeLinear(c, s, z)   {POOLED} (e)   y = Neg(f)
        }}""",
        (),
    ),
    "a scale for each channel": (
        f"""g {ENDS} <float[4] s = {{0.05, 0.1, 0.02, 0.3}}, int8[4] z = {{3, 0, -5, 9}}> {{
            d = Conv(x, w)   c = QuantizeLinear(d, s, z)   e = DequantizeLinear(c, s, z)   {POOLED} (e)   y = Neg(f)
        }}""",
        (),
    ),
    "a scale that a run finds": (
        f"""g {ENDS} {{
            d = Conv(x, w)   c, s, z = DynamicQuantizeLinear(d)   e = DequantizeLinear(c, s, z)   {POOLED} (e)
            y = Neg(f)
        }}""",
        ("s", "z"),
    ),
    "integers without a scale": (
        f"""g {ENDS} {{
            d = Conv(x, w)   b = Mul(d, k)   c = Cast <to = 6> (b)   e = Cast <to = 1> (c)   {POOLED} (e)   y = Neg(f)
        }}""",
        (),
    ),
}


@pytest.mark.parametrize(("text", "crossing"), QUANTISED.values(), ids=QUANTISED.keys())
def test_a_quantised_layer_is_given_real_numbers(write_model: Write, text: str, crossing: tuple[str, ...]) -> None:
    model, tail = cut(write_model, Case(text, weights={"w": (4, 3, 1, 1), "k": (1,)}))
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 6)).astype(np.float32)
    values = run_head(model, tail, {"x": x})
    assert (tail.layer, tail.crossing) == ("c::real", crossing)
    np.testing.assert_array_equal(run_tail(tail, values), values["y"])
    gone = run_tail(tail, values | {"c::real": np.zeros_like(values["c::real"])})
    np.testing.assert_allclose(gone, 0, atol=1e-6)


def test_a_quantised_score_is_given_as_real_numbers(write_model: Write) -> None:
    text = f"""g (float[N, 3, 6, 6] x) => (uint8[N, 4] y) <float s = {{0.05}}, uint8 z = {{100}}> {{
        c = Conv(x, w)   {POOLED} (c)   y = QuantizeLinear(f, s, z)
    }}"""
    model, tail = cut(write_model, Case(text))
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 6)).astype(np.float32)
    values = run_head(model, tail, {"x": x})
    assert tail.output == "y::real"
    np.testing.assert_array_equal(run_tail(tail, values), values["y::real"])


def test_weights_that_are_inputs_stay_weights(write_model: Write) -> None:
    """As files of before 2019 have them."""
    path = write_model(CASES["straight"].text, opset=9, w=np.ones((4, 3, 1, 1), np.float32))
    proto = onnx.load(path)
    proto.ir_version = 3
    proto.graph.input.append(onnx.helper.make_tensor_value_info("w", onnx.TensorProto.FLOAT, [4, 3, 1, 1]))
    onnx.save(proto, path)
    model = load(path)
    tail = cut_tail(model, "x", "y")
    x = np.random.default_rng(1).standard_normal((2, 3, 6, 6)).astype(np.float32)
    np.testing.assert_array_equal(run_tail(tail, {"x": x}), run_head(model, tail, {"x": x})["y"])


@pytest.mark.parametrize(("layer", "output"), [("nope", "y"), ("c", "nope")], ids=["layer", "output"])
def test_unknown_names_are_refused(write_model: Write, layer: str, output: str) -> None:
    model, _ = cut(write_model, CASES["straight"])
    with pytest.raises(ModelError, match="no value 'nope'"):
        cut_tail(model, layer, output)


def test_scaled_int32_is_refused(write_model: Write) -> None:
    text = f"""g {ENDS} <float s = {{0.05}}> {{
        d = Conv(x, w)   c = Cast <to = 6> (d)   e = DequantizeLinear(c, s)   {POOLED} (e)   y = Neg(f)
    }}"""
    model, _ = cut(write_model, Case(text, layer="d"))
    with pytest.raises(ModelError, match="the layer 'c' holds int32 numbers with a scale"):
        cut_tail(model, "c", "y")
