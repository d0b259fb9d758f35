"""A squeeze is exported as an If whose branches differ in rank; what comes after it has a rank all the same."""

from __future__ import annotations

import pytest

from onnxcam.graph import load
from tests.conftest import Write

SQUEEZE = """g (float[N, 4, T] x, float[5, 4, 1] w) => (float[N] y) {{
    one = Constant <value_ints = [1]> ()
    place = Constant <value_int = {axis}> ()
    sizes = Shape(x)
    size = Gather(sizes, place)
    is_one = Equal(size, one)
    s = If <
        then_branch = t () => (a) {{ axes = Constant <value_ints = [{axis}]> () a = Squeeze(x, axes) }},
        else_branch = e () => (b) {{ b = Identity(x) }}
    > (is_one)
    {rest}
}}"""


def test_a_condition_on_a_size_that_is_known_decides(write_model: Write) -> None:
    model = load(write_model(SQUEEZE.format(axis=1, rest="y = Relu(s)")))
    assert model.constants.array(model.value("is_one")).tolist() == [False]
    assert model.constants.array(model.value("sizes")) is None
    shape = model.value("s").shape
    assert shape is not None
    assert list(shape)[1] == 4


@pytest.mark.parametrize(
    ("rest", "rank"),
    [
        ("r = Relu(s) c = Conv(r, w) y = Relu(c)", 3),
        ("u = Unsqueeze(s, one) c = Conv(u, w) y = Relu(c)", 2),
        ("r = Cast <to = 1> (s) y, h, c = LSTM <hidden_size = 1> (r, w, w)", 3),
    ],
    ids=["conv", "unsqueeze", "lstm"],
)
def test_a_reader_tells_the_rank(write_model: Write, rest: str, rank: int) -> None:
    shape = load(write_model(SQUEEZE.format(axis=2, rest=rest))).value("s").shape
    assert shape is not None
    assert shape.rank() == rank


@pytest.mark.parametrize(
    ("node", "rank"),
    [
        ("y = Attention <q_num_heads = 1, kv_num_heads = 1> (x, s, x)", 3),
        ("y = Attention (k, k, s)", 4),
        ("y = RotaryEmbedding <num_heads = 1> (s, w, w)", 3),
        ("y = RotaryEmbedding (s, w, w)", 4),
    ],
)
def test_attention_tells_the_rank_of_its_tokens(write_model: Write, node: str, rank: int) -> None:
    path = write_model(SQUEEZE.format(axis=2, rest=f"k = Unsqueeze(x, one)   {node}"), opset=23)
    shape = load(path).value("s").shape
    assert shape is not None
    assert shape.rank() == rank


def test_nothing_tells_a_rank_that_is_open(write_model: Write) -> None:
    model = load(write_model(SQUEEZE.format(axis=2, rest="y = ReduceSum <keepdims = 0> (s)")))
    assert model.value("s").shape is None


def test_weights_are_asked_last(write_model: Write) -> None:
    """Behind a pool that onnx's inference gets wrong, the sizes are known, not the ranks alone."""
    pool = "MaxPool <kernel_shape = [2], strides = [2], ceil_mode = 1>"
    body = f"p = {pool} (x) r = Relu(p) q = {pool} (r) s = Sigmoid(q) c = Conv(s, w) y = Relu(c)"
    model = load(write_model(f"g (float[N, 4, 7] x, float[5, 4, 1] w) => (float[N, 5, K] y) {{ {body} }}"))
    shape = model.value("c").shape
    assert shape is not None
    assert list(shape)[1:] == [5, 2]
    assert model.value("c").dtype is not None
