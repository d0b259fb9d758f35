from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

import onnxcam
from onnxcam.errors import PlanError
from onnxcam.graph import load
from onnxcam.plan import Plan, make_plan
from onnxcam.plan.score import Score, find_layout
from onnxcam.space import trace
from tests.conftest import Write

W = np.ones((4, 3, 3, 3), np.float32)
ONE = np.ones((4, 4, 1, 1), np.float32)


def planned(path: Path, layer: str | None = None, output: str | None = None) -> Plan:
    return make_plan(load(path), layer, output)


def test_the_reason_says_which_layer_and_which_score_and_why(classifier: Path) -> None:
    plan = planned(classifier)
    assert (plan.layer, plan.output) == ("c", "z")
    assert plan.reason == (
        "the layer is 'c' (Conv, 8 x 8, channels first): it is the last convolution, and all of the space goes "
        "through it; "
        "the score tensor is 'z', which stands before Softmax."
    )


@pytest.mark.parametrize(
    ("tail", "score", "passed"),
    [
        ("y = Identity(z)", "y", None),
        ("y = Softmax(z)", "z", "Softmax"),
        ("y = LogSoftmax(z)", "z", "LogSoftmax"),
        ("y = Sigmoid(z)", "z", "Sigmoid"),
        ("s = Softmax(z)  d = Cast <to = 11> (s)  i = Identity(d)  y = Cast <to = 1> (i)", "z", "Softmax"),
        ("s = Softmax(z)  y = Unsqueeze(s, zero)", "z", "Softmax"),
        ("s = Softmax(z)  m = ArgMax <axis = 1> (s)  y = Cast <to = 1> (m)", "z", "Softmax and ArgMax"),
        ("f = Flatten(z)  s = Softmax(f)  y = Reshape(s, two)", "f", "Softmax"),
        ("s = Sigmoid(z)  y = Mul(s, z)", "y", None),
        ("s = Softmax(z)  y = Transpose <perm = [0, 1]> (s)", "z", "Softmax"),
        ("s = Sigmoid(z)  y = Clip(s, low, high)", "z", "Sigmoid"),
        ("s = Softmax(z)  y, i = TopK(s, one)", "z", "Softmax and TopK"),
    ],
    ids=[
        "plain",
        "softmax",
        "log-softmax",
        "sigmoid",
        "casts",
        "unsqueeze",
        "argmax",
        "reshape",
        "swish",
        "transpose",
        "clip",
        "top-k",
    ],
)
def test_the_score_stands_before_what_squashes_it(
    write_model: Write, tail: str, score: str, passed: str | None
) -> None:
    text = f"""g (float[N, 3, 8, 8] x) => (float[A, B] y) {{
        c = Conv(x, w)   g = GlobalAveragePool(c)   z = Flatten(g)   {tail}
    }}"""
    bounds = {"low": np.array(1e-4, np.float32), "high": np.array(0.9999, np.float32)}
    path = write_model(text, w=W, zero=np.array([0]), two=np.array([-1, 4]), one=np.array([1]), **bounds)
    plan = planned(path)
    assert plan.output == score
    assert (f"which stands before {passed}." in plan.reason) == (passed is not None)


def test_heads_that_are_squashed_one_by_one_are_joined_before(write_model: Write) -> None:
    text = """g (float[N, 3, 8, 8] x) => (float[N, 8] y) {
        c = Conv(x, w)   g = GlobalAveragePool(c)   f = Flatten(g)   a = MatMul(f, u)   b = MatMul(f, v)
        p = Softmax(a)   q = Sigmoid(b)   y = Concat <axis = 1> (p, q)
    }"""
    rng = np.random.default_rng(0)
    u, v = (rng.standard_normal((4, n)).astype(np.float32) for n in (5, 3))
    path = write_model(text, w=rng.standard_normal((4, 3, 3, 3)).astype(np.float32), u=u, v=v)
    plan = planned(path)
    assert (plan.scores.joined, plan.scores.before) == (("a", "b"), ("Softmax", "Sigmoid"))
    x = rng.standard_normal((2, 3, 8, 8)).astype(np.float32)
    logits = onnxcam.Explainer(path, provider="cpu").explain(x, 6).logits
    (y,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
    np.testing.assert_allclose((1 + np.tanh(logits[:, 5:] / 2)) / 2, y[:, 5:], atol=1e-6)
    np.testing.assert_allclose(np.diff(logits[:, :5]), np.diff(np.log(y[:, :5])), atol=1e-4)


def test_the_score_is_found_behind_zipmap_and_label_lookup(write_model: Write) -> None:
    text = """g (float[N, 3, 8, 8] x) => (int64[N] label, float[N, 4] p) {
        c = Conv(x, w)   g = GlobalAveragePool(c)   z = Flatten(g)   s = Softmax(z)
        i = ArgMax <axis = 1> (s)   label = ai.onnx.ml.ArrayFeatureExtractor(names, i)
        p = ai.onnx.ml.ZipMap <classlabels_int64s = [0, 1, 2, 3]> (s)
    }"""
    plan = planned(write_model(text, w=W, names=np.array([7, 8, 9, 10])))
    assert plan.output == "z"
    assert plan.reason.endswith("which stands before Softmax and ArgMax and ArrayFeatureExtractor.")


def test_the_layer_has_space_and_lies_on_the_way(write_model: Write) -> None:
    """Not the 1x1 Conv behind the pooling, and not the Conv of a branch that the score does not see."""
    text = """g (float[N, 3, 8, 8] x) => (float[N, 4] y, float[N, 4, 6, 6] aside) {
        c = Conv(x, w)   aside = Conv(c, one)   g = GlobalAveragePool(c)   e = Conv(g, one)   y = Flatten(e)
    }"""
    plan = planned(write_model(text, w=W, one=ONE), output="y")
    assert plan.layer == "c"
    assert [c.layer for c in plan.candidates] == ["c"]


def test_the_score_itself_is_no_layer(write_model: Write) -> None:
    """A segmentation network ends in a Conv: its gradient would be the cotangent."""
    text = "g (float[N, 3, 8, 8] x) => (float[N, 4, 6, 6] y) { c = Conv(x, w)   r = Relu(c)   y = Conv(r, one) }"
    plan = planned(write_model(text, w=W, one=ONE))
    assert plan.layer == "c"
    assert [c.layer for c in plan.candidates] == ["c"]


def test_a_layer_is_named_by_value_or_by_node(classifier: Path, tmp_path: Path) -> None:
    import onnx

    proto = onnx.load(classifier)
    proto.graph.node[1].name = "the relu"
    onnx.save(proto, tmp_path / "named.onnx")
    assert planned(tmp_path / "named.onnx", "r").layer == "r"
    assert planned(tmp_path / "named.onnx", "the relu").layer == "r"


@pytest.mark.parametrize(
    ("layer", "output", "message"),
    [
        ("cc", None, "no layer 'cc'. Did you mean 'c'"),
        ("y", None, "the score 'z' does not depend on layer 'y'"),
        (None, "zz", "no value 'zz' to take the score from. Did you mean 'z'"),
        ("c", "c", "the score 'c' does not depend on layer 'c'"),
    ],
    ids=["unknown layer", "behind the score", "unknown output", "the score itself"],
)
def test_what_cannot_be_planned_is_refused(
    classifier: Path, layer: str | None, output: str | None, message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        planned(classifier, layer, output)


def test_a_model_without_convolution_is_refused(write_model: Write) -> None:
    path = write_model("g (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }")
    with pytest.raises(PlanError, match="has no layer with more than one position before its score 'y'"):
        planned(path)


def test_a_model_without_a_float_path_is_refused(write_model: Write) -> None:
    path = write_model("g (int64[N, 4] x) => (int64[N, 4] y) { y = Add(x, x) }")
    with pytest.raises(PlanError, match="has no float score that depends on its input"):
        planned(path)


def test_the_scores_before_a_suppression_are_offered(write_model: Write) -> None:
    text = """g (float[1, 3, 8, 8] x) => (int64[M, 3] y) {
        c = Conv(x, w)   f = Reshape(c, shape)   b = Transpose <perm = [0, 2, 1]> (f)   s = Sigmoid(f)
        y = NonMaxSuppression(b, s)
    }"""
    path = write_model(text, w=W, shape=np.array([1, 4, -1]))
    with pytest.raises(PlanError, match="ends in NonMaxSuppression: export it without, or name the scores .* 's'"):
        planned(path)
    assert planned(path, output="s").layer == "c"


def test_an_integer_output_is_no_score(write_model: Write) -> None:
    path = write_model("g (float[N, 4] x) => (int64[N, 4] y, float[N, 4] z) { y = Cast <to = 7> (x)  z = Relu(x) }")
    with pytest.raises(PlanError, match="'y' is no float tensor"):
        planned(path, output="y")


QUANTIZED = {"s": np.array(0.1, np.float32), "u": np.array(128, np.uint8), "k": np.ones((4, 3, 3, 3), np.int8)}
TAIL = "g = GlobalAveragePool(c)   y = Flatten(g)"


@pytest.mark.parametrize(
    ("body", "named", "layer", "reason"),
    [
        (
            f"q = QuantizeLinear(x, s, u)   i = ConvInteger(q, k, u)   f = Cast <to = 1> (i)   c = Mul(f, s)   {TAIL}",
            None,
            "c",
            "the layer is 'c' (Mul, 6 x 6, channels first), its integers scaled to real numbers in 'c'",
        ),
        (
            f"q = QuantizeLinear(x, s, u)   i = ConvInteger(q, k, u)   f = Cast <to = 1> (i)   c = Mul(f, s)   {TAIL}",
            "i",
            "c",
            "the layer 'i' was asked for, its integers scaled to real numbers in 'c'",
        ),
        (
            f"q = QuantizeLinear(x, s, u)   i = ConvInteger(q, k, u)   c = DequantizeLinear(i, s)   {TAIL}",
            None,
            "c",
            "its integers scaled to real numbers in 'c'",
        ),
        (
            f"q = QuantizeLinear(x, s, u)   i = ConvInteger(q, k, u)   c = Cast <to = 1> (i)   {TAIL}",
            None,
            "i",
            "(ConvInteger, 6 x 6, channels first), its integers taken as real numbers: nothing tells their scale",
        ),
        (
            "q = QuantizeLinear(x, s, u)   i = QLinearConv(q, s, u, k, s, z, s, u)   "
            f"m = MaxPool <kernel_shape = [2, 2]> (i)   c = DequantizeLinear(m, s, u)   {TAIL}",
            None,
            "i",
            "(QLinearConv, 6 x 6, channels first), dequantised",
        ),
        (
            "q = QuantizeLinear(x, s, u)   i = QLinearConv(q, s, u, k, s, z, s, u)   "
            f"m = MaxPool <kernel_shape = [2, 2]> (i)   c = DequantizeLinear(m, s, u)   {TAIL}",
            "m",
            "m",
            "the layer 'm' was asked for, dequantised",
        ),
    ],
    ids=["dynamic", "dynamic, named", "dequantised", "no scale", "static", "behind a pool"],
)
def test_the_layer_of_a_quantised_model_is_real_numbers(
    write_model: Write, body: str, named: str | None, layer: str, reason: str
) -> None:
    path = write_model(f"g (float[N, 3, 8, 8] x) => (float[N, 4] y) {{ {body} }}", **QUANTIZED, z=np.array(0, np.int8))
    plan = planned(path, named)
    assert plan.layer == layer
    assert reason in plan.reason


@pytest.mark.parametrize(
    ("tail", "score"),
    [
        ("i = QuantizeLinear(z, s, u)   y = DequantizeLinear(i, s, u)", "y"),
        ("l = Softmax(z)   i = QuantizeLinear(l, s, u)   y = DequantizeLinear(i, s, u)", "z"),
        (
            "i = QuantizeLinear(z, s, u)   l = com.microsoft.QLinearSoftmax <opset = 13> (i, s, u, s, u)"
            "y = DequantizeLinear(l, s, u)",
            "i",
        ),
        ("y = QuantizeLinear(z, s, u)", "y"),
    ],
    ids=["dequantised", "softmax quantised", "quantised softmax", "quantised"],
)
def test_the_score_of_a_quantised_model_stands_before_what_squashes_it(
    write_model: Write, tail: str, score: str
) -> None:
    body = "c = Conv(x, w)   g = GlobalAveragePool(c)   z = Flatten(g)"
    kind = "uint8" if score == "y" and tail.startswith("y") else "float"
    path = write_model(f"g (float[N, 3, 8, 8] x) => ({kind}[A, B] y) {{ {body}   {tail} }}", w=W, **QUANTIZED)
    assert planned(path).output == score


TWO = """g (float[N, 3, 8, 8] x) => (float[N, 5] y) {
    a = Conv <pads = [1, 1, 1, 1]> (x, k)   b = Relu(a)   c = Conv <pads = [1, 1, 1, 1]> (b, w)   d = Relu(c)
    e = GlobalAveragePool(d)   f = Flatten(e)   y = MatMul(f, h)
}"""


@pytest.fixture
def two(write_model: Write) -> Path:
    rng = np.random.default_rng(0)
    shapes = {"k": (4, 3, 3, 3), "w": (6, 4, 3, 3), "h": (6, 5)}
    return write_model(TWO, **{n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()})


@pytest.mark.parametrize(
    ("asked", "layers"),
    [
        (None, ("c",)),
        ("auto", ("c",)),
        ("last-conv", ("c",)),
        ("-1", ("c",)),
        ("-2", ("a",)),
        (["a", "last-conv"], ("a", "c")),
        (["-2", "a"], ("a",)),
    ],
    ids=str,
)
def test_layers_are_named_counted_or_left_to_the_plan(
    two: Path, asked: str | list[str] | None, layers: tuple[str, ...]
) -> None:
    plan = make_plan(load(two), asked)
    assert (plan.layers, plan.layer) == (layers, layers[0])
    assert ("averaged" in plan.reason) == (len(layers) > 1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("-3", "2 layers to choose from, none is number -3"),
        ([], "no layer is named"),
        ("last-con", "Did you mean 'last-conv'"),
    ],
    ids=["beyond the first", "none", "misspelt"],
)
def test_what_names_no_layer_is_refused(two: Path, asked: str | list[str], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        make_plan(load(two), asked)


SCALES = """g (float[N, 3, 16, 16] x) => (float[N, 64, 5] p, float[N, 16, 5] q, float[N, 64, 4] r) {
    a = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (x, k)   b = Conv <pads = [1, 1, 1, 1], strides = [2, 2]> (a, w)
    c = Conv(a, cls)   d = Sigmoid(c)   e = Reshape(d, s5)   p = Transpose <perm = [0, 2, 1]> (e)
    f = Conv(b, cls)   g = Sigmoid(f)   h = Reshape(g, s5)   q = Transpose <perm = [0, 2, 1]> (h)
    i = Conv(a, box)   j = Reshape(i, s4)   r = Transpose <perm = [0, 2, 1]> (j)
}"""


def test_heads_with_one_output_a_scale_are_one_score_and_have_a_layer_each(write_model: Write) -> None:
    rng = np.random.default_rng(0)
    shapes = {"k": (6, 3, 3, 3), "w": (6, 6, 3, 3), "cls": (5, 6, 1, 1), "box": (4, 6, 1, 1)}
    weights = {n: rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()}
    path = write_model(SCALES, **weights, s5=np.array([0, 5, -1]), s4=np.array([0, 4, -1]))
    plan = make_plan(load(path))
    assert plan.layers == ("a", "b")
    assert [a.grid for a in plan.arrangements if a is not None] == [(8, 8), (4, 4)]
    assert (plan.output, plan.scores.joined) == ("scores::joined", ("c", "f"))
    assert (plan.scores.class_axis, plan.scores.positions, plan.scores.before) == (1, (2,), ("Sigmoid",))
    x = rng.standard_normal((2, 3, 16, 16)).astype(np.float32)
    result = onnxcam.Explainer(path, provider="cpu").explain(x, lambda scores: np.ones_like(scores))
    p, q, _ = onnxruntime.InferenceSession(path).run(None, {"x": x})
    probabilities = np.concatenate([p, q], axis=1).transpose(0, 2, 1)
    np.testing.assert_allclose((1 + np.tanh(result.logits / 2)) / 2, probabilities, atol=1e-6)
    assert [one.raw.shape for one in result.layers] == [(2, 8, 8), (2, 4, 4)]


@pytest.mark.parametrize(
    ("body", "shape", "class_axis", "positions"),
    [
        ("y = Conv(x, w)", "N, 7, 8, 8", 1, (2, 3)),
        ("c = Conv(x, w)   y = Transpose <perm = [0, 2, 3, 1]> (c)", "N, 8, 8, 7", 3, (1, 2)),
        ("c = Conv(x, w)   f = Reshape(c, s)   y = Transpose <perm = [0, 2, 1]> (f)", "N, 64, 7", 2, (1,)),
        ("c = Conv(x, w)   y = GlobalAveragePool(c)", "N, 7, 1, 1", 1, ()),
        ("c = Conv(x, w)   g = GlobalAveragePool(c)   y = Transpose <perm = [0, 2, 3, 1]> (g)", "N, 1, 1, 7", 3, ()),
        ("c = Conv(x, w)   g = GlobalAveragePool(c)   y = Flatten(g)", "N, 7", 1, ()),
    ],
    ids=["picture", "channels last", "tokens", "pooled", "pooled, channels last", "classes"],
)
def test_the_axis_of_the_classes(
    write_model: Write, body: str, shape: str, class_axis: int, positions: tuple[int, ...]
) -> None:
    weights = {"w": np.ones((7, 3, 1, 1), np.float32), "s": np.array([0, 7, -1])}
    path = write_model(f"g (float[N, 3, 8, 8] x) => (float[{shape}] y) {{ {body} }}", **weights)
    model = load(path)
    scores = find_layout(trace(model), Score(model.value("y"), ""))
    assert (scores.class_axis, scores.positions) == (class_axis, positions)


def test_what_is_made_of_the_input_point_by_point_is_no_layer(write_model: Write) -> None:
    text = """g (float[N, 3, 8, 8] x) => (float[N, 4, 1, 1] y) {
        a = Sub(x, one)   c = Conv(a, w)   y = GlobalAveragePool(c)
    }"""
    plan = planned(write_model(text, w=W, one=np.array(1, np.float32)))
    assert plan.layer == "c"
    assert "though it makes the scores themselves" in plan.reason


@pytest.mark.parametrize(
    "joined",
    ["j = Concat <axis = 1> (f, age)  y = MatMul(j, head)", "s = MatMul(age, scale)  y = Mul(f, s)"],
    ids=["concatenated", "multiplied"],
)
@pytest.mark.parametrize("inputs", ["float[N, 3, 8, 8] x, float[N, 4] age", "float[N, 4] age, float[N, 3, 8, 8] x"])
def test_a_vector_beside_a_picture_has_no_space(write_model: Write, inputs: str, joined: str) -> None:
    weights = {"w": W, "head": np.ones((8, 3), np.float32), "scale": np.ones((4, 4), np.float32)}
    path = write_model(
        f"""net ({inputs}) => (float[N, K] y) {{
            c = Conv <pads = [1, 1, 1, 1]> (x, w)  r = Relu(c)  p = GlobalAveragePool(r)  f = Flatten(p)  {joined}
        }}""",
        **weights,
    )
    plan = planned(path)
    assert (plan.layer, plan.source) == ("c", "x")
