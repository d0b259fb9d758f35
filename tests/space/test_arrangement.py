"""Layouts brought to channels first and back, against numpy's own moves of the same array."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from onnxcam.graph import load
from onnxcam.space import arrange, trace
from tests.conftest import Write

Array = NDArray[Any]
H, W, K = 4, 6, 3

# A body that makes y from x (N, 3, 4, 6) by moving entries, and the integers that it reads.
MOVES: dict[str, tuple[str, dict[str, list[int]], int]] = {
    "channels first": ("y = Relu(x)", {}, 4),
    "channels last": ("y = Transpose <perm = [0, 2, 3, 1]> (x)", {}, 4),
    "tokens": ("f = Reshape(x, a)   y = Transpose <perm = [0, 2, 1]> (f)", {"a": [0, K, H * W]}, 3),
    "tokens behind others": (
        "f = Reshape(x, a)   t = Transpose <perm = [0, 2, 1]> (f)   n = Shape <start = 0, end = 1> (x)"
        "   s = Concat <axis = 0> (n, b)   e = Expand(cls, s)   y = Concat <axis = 1> (e, t)",
        {"a": [0, K, H * W], "b": [2, K]},
        3,
    ),
    "windows": (
        "b = Reshape(x, a)   t = Transpose <perm = [0, 2, 4, 3, 5, 1]> (b)   y = Reshape(t, c)",
        {"a": [-1, K, 2, 2, 2, 3], "c": [-1, 6, K]},
        3,
    ),
    "shifted": (
        "l = Slice(x, zero, one, axis)   r = Slice(x, one, end, axis)   y = Concat <axis = 2> (r, l)",
        {"zero": [0], "one": [1], "end": [99], "axis": [2]},
        4,
    ),
    "several heads": ("f = Reshape(x, a)   y = Transpose <perm = [0, 2, 3, 1]> (f)", {"a": [0, 3, 1, H * W]}, 4),
}


@pytest.fixture(params=MOVES.values(), ids=MOVES.keys())
def moved(request: pytest.FixtureRequest, write_model: Write) -> Callable[[Array], tuple[Any, Array]]:
    """From an input to the arrangement of y and its value."""
    body, integers, rank = request.param
    dims = ", ".join("abcdef"[:rank])
    given = {name: np.array(values, np.int64) for name, values in integers.items()}
    if "cls" in body:
        given["cls"] = np.zeros((1, 1, K), np.float32)
    path = write_model(f"g (float[N, {K}, {H}, {W}] x) => (float[{dims}] y) {{ {body} }}", **given)

    def run(x: Array) -> tuple[Any, Array]:
        model = load(path)
        (y,) = onnxruntime.InferenceSession(path).run(None, {"x": x})
        return arrange(trace(model), model.value("y")), y

    return run


@pytest.mark.parametrize("count", [1, 2, 5], ids="batch of {}".format)
def test_channels_come_first_and_go_back(moved: Callable[[Array], tuple[Any, Array]], count: int) -> None:
    x = np.random.default_rng(0).standard_normal((count, K, H, W)).astype(np.float32)
    arrangement, y = moved(x)
    assert arrangement.fits(y.shape)
    assert (arrangement.grid, arrangement.source) == ((H, W), "x")
    wanted = np.maximum(x, 0) if y.shape == x.shape and (y == np.maximum(x, 0)).all() else x
    np.testing.assert_array_equal(arrangement.channels_first(y), wanted)
    other = np.random.default_rng(1).standard_normal(x.shape).astype(np.float32)
    back = arrangement.as_laid_out(other, y)
    assert back.shape == y.shape
    np.testing.assert_array_equal(arrangement.channels_first(back), other)
    changed = math.prod(x.shape)
    assert (back != y).sum() <= changed


def test_entries_that_share_a_cell_become_channels(write_model: Write) -> None:
    path = write_model(
        "g (float[N, 6, 2, 2] x) => (float[N, p, k] y) { t = Transpose <perm = [0, 2, 3, 1]> (x)   y = Reshape(t, s) }",
        s=np.array([0, -1, 3]),
    )
    model = load(path)
    arrangement = arrange(trace(model), model.value("y"))
    assert arrangement is not None
    x = np.arange(24, dtype=np.float32).reshape(1, 6, 2, 2)
    y = x.transpose(0, 2, 3, 1).reshape(1, 8, 3)
    found = arrangement.channels_first(y)
    assert found.shape == (1, 6, 2, 2)
    assert {tuple(sorted(found[0, :, i, j])) for i in (0, 1) for j in (0, 1)} == {
        tuple(sorted(x[0, :, i, j])) for i in (0, 1) for j in (0, 1)
    }


@pytest.mark.parametrize(
    "body", ["y = GlobalAveragePool(x)", "y = ReduceMean <axes = [2, 3]> (x)"], ids=["pooled", "averaged"]
)
def test_what_has_one_position_has_no_grid(write_model: Write, body: str) -> None:
    path = write_model(f"g (float[N, 3, 4, 6] x) => (float[N, 3, 1, 1] y) {{ {body} }}")
    model = load(path)
    assert arrange(trace(model), model.value("y")) is None
