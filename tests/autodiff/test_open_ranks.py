"""Values whose rank an If leaves open, as PyTorch exports `squeeze` of a dimension that only the run knows."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.autodiff.check import check_gradient
from onnxcam.graph import load
from tests.conftest import Write

BODY = """g (double[N, 3, L] x) => (double[M] y) {{
    size = Shape <start = 2> (x)
    one = Constant <value_ints = [1]> ()
    axis = Constant <value_ints = [2]> ()
    is_one = Equal (size, one)
    s = If (is_one) <
        then_branch = squeezed () => (double[A, B] p) {{ p = Squeeze (x, axis) }},
        else_branch = kept () => (double[A, B, C] q) {{ q = Mul (x, x) }}
    >
    {}
}}"""
READERS = {
    "a mean": ("y = ReduceMean <axes = [1], keepdims = 0> (s)", (1, 4)),
    "a sum": ("a = Constant <value_ints = [0, 1]> ()   t = Tanh (s)   y = ReduceSum <keepdims = 0> (t, a)", (1, 4)),
    "a norm": ("y = ReduceL2 <axes = [1], keepdims = 1> (s)", (1, 4)),
    "a convolution": ("t = Tanh (s)   y = Conv (t, w)", (4,)),
}


@pytest.mark.parametrize(("reader", "sizes"), READERS.values(), ids=READERS)
def test_its_readers_hand_a_gradient_on(
    write_model: Write, rng: np.random.Generator, reader: str, sizes: tuple[int, ...]
) -> None:
    model = load(write_model(BODY.format(reader), w=rng.standard_normal((2, 3, 2))))
    for size in sizes:
        (found,) = check_gradient(model, {"x": rng.standard_normal((2, 3, size))}, ["x"], ["y"])
        assert found.error < 1e-6


def test_what_a_convolution_reads_has_the_rank_of_its_filter(write_model: Write, rng: np.random.Generator) -> None:
    model = load(write_model(BODY.format(READERS["a convolution"][0]), w=rng.standard_normal((2, 3, 2))))
    shapes = [model.value(name).shape for name in ("t", "y")]
    assert [s.rank() if s is not None else None for s in shapes] == [3, 3]
