"""The layer that nobody named, on the smallest graphs that show why it is not the last convolution."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.graph import load
from onnxcam.plan import make_plan
from tests.conftest import Write

K = 8
"""Channels."""
WEIGHTS = {
    "patches": (K, 3, 4, 4),
    "pointwise": (K, K, 1, 1),
    "along_channels": (1, 1, 3),
    "tokens": (16, 16),
    "square": (K, K),
    "merging": (4 * K, K),
    "half": (K // 2, K // 2),
    "coarse": (K, 3, 8, 8),
    "inner": (K, 3, 2, 2),
    "head": (K, 5),
    "gamma": (K,),
    "beta": (K,),
    "mean": (K,),
    "variance": (K,),
    "cls": (1, 1, K),
}
INTEGERS = {
    "nothing": [-1],
    "once": [1],
    "flat": [0, K, -1],
    "split": [0, 2, 2, 2, 2, K],
    "merged": [0, 2, 2, 4 * K],
    "windows": [0, 3, 4, 4, 4, 4],
    "apart": [-1, 3, 4, 4],
    "together": [-1, 16, 4 * K],
    "line": [0, 1, K],
    "gate": [0, K, 1, 1],
    "width": [K],
    "three": [3],
    "zero": [0],
    "first": 0,
    "padding": [0, 1, 1, 0, 0, 1, 1, 0],
}
EMBEDDED = "p = Conv <strides = [4, 4]> (x, patches)   f = Reshape(p, flat)   t = Transpose <perm = [0, 2, 1]> (f)"
POOLED = "g = GlobalAveragePool(e)   h = Flatten(g)   y = MatMul(h, head)"
AVERAGED = "g = ReduceMean <axes = [1], keepdims = 0> (e)   y = MatMul(g, head)"
ATTENTION = """
    q = MatMul(n, square)   k = MatMul(n, square)   v = MatMul(n, square)   kt = Transpose <perm = [0, 2, 1]> (k)
    s = MatMul(q, kt)   w = Softmax <axis = -1> (s)
"""


@pytest.mark.parametrize(
    ("body", "layer", "reason"),
    [
        pytest.param(
            f"""{EMBEDDED}   c = Transpose <perm = [0, 2, 1]> (t)   m = MatMul(c, tokens)
            u = Transpose <perm = [0, 2, 1]> (m)   e = Add(t, u)   {AVERAGED}""",
            "e",
            "(Add, 4 x 4 in 16 tokens): it is the last tensor that all of the space goes through",
            id="a perceptron over tokens",
        ),
        pytest.param(
            f"""{EMBEDDED}   c = Shape(t)   i = Gather(c, zero)   l = Concat <axis = 0> (i, nothing, width)
            o = ConstantOfShape <value = int64[1] {{1}}> (three)   m = Equal(l, nothing)   r = Where(m, o, l)
            a = Expand(cls, r)   j = Concat <axis = 1> (a, t)   n = LayerNormalization(j, gamma)   {ATTENTION}
            z = MatMul(w, v)   e = Gather <axis = 1> (z, first)   y = MatMul(e, head)""",
            "n",
            "(LayerNormalization, 4 x 4 in 16 tokens behind or before 1 without a place)",
            id="a class token of a size that is computed",
        ),
        pytest.param(
            f"""{EMBEDDED}   n = LayerNormalization(t, gamma)   {ATTENTION}   vt = Transpose <perm = [0, 2, 1]> (v)
            wt = Transpose <perm = [0, 2, 1]> (w)   z = MatMul(vt, wt)   u = Transpose <perm = [0, 2, 1]> (z)
            e = Add(t, u)   {AVERAGED}""",
            "n",
            "the last attention reads its tokens from it",
            id="an attention that has the values first",
        ),
        pytest.param(
            f"""{EMBEDDED}   n = LayerNormalization(t, gamma)   {ATTENTION}   z = MatMul(w, v)   r = Add(t, z)
            l = MatMul(r, square)   o = MatMul(r, square)   e = Add(l, o)   {AVERAGED}""",
            "e",
            "it is the last tensor that all of the space goes through",
            id="branches behind the last attention",
        ),
        pytest.param(
            f"""{EMBEDDED}   c, n = Split <axis = 2> (t)   {ATTENTION.replace("square", "half")}
            z = MatMul(w, v)   j = Concat <axis = 2> (c, z)   e = Add(t, j)   {AVERAGED}""",
            "e",
            "(Add, 4 x 4 in 16 tokens): it is the last tensor that all of the space goes through",
            id="an attention of some of the channels",
        ),
        pytest.param(
            f"""c = Conv <strides = [8, 8]> (x, coarse)   m = GlobalAveragePool(c)  h = Flatten(m)   o = MatMul(h, head)
            {EMBEDDED}   n = LayerNormalization(t, gamma)   {ATTENTION}   z = MatMul(w, v)   e = Add(t, z)
            {AVERAGED.replace("y =", "i =")}   y = Add(i, o)""",
            "n",
            "the last attention reads its tokens from it, though some of the space goes past it",
            id="two ways to the score",
        ),
        pytest.param(
            """s = Reshape(x, windows)   m = Transpose <perm = [0, 2, 4, 1, 3, 5]> (s)   i = Reshape(m, apart)
            p = Conv <strides = [2, 2]> (i, inner)   d = Reshape(p, together)   e = MatMul(d, merging)
            g = ReduceMean <axes = [1], keepdims = 0> (e)   y = MatMul(g, head)""",
            "p",
            "(Conv, 4 x 4 in 16 tokens)",
            id="a Conv within each patch",
        ),
        pytest.param(
            """p = Conv <strides = [4, 4]> (x, patches)   t = Transpose <perm = [0, 2, 3, 1]> (p)
            s = Reshape(t, split)
            m = Transpose <perm = [0, 1, 3, 2, 4, 5]> (s)   d = Reshape(m, merged)   r = MatMul(d, merging)
            a = MatMul(r, square)   e = Add(r, a)   g = ReduceMean <axes = [1, 2], keepdims = 0> (e)
            y = MatMul(g, head)""",
            "e",
            "(Add, 2 x 2, channels last)",
            id="patches merged into channels",
        ),
        pytest.param(
            f"""p = Conv <strides = [4, 4]> (x, patches)   r = Conv(p, pointwise)   s = Add(p, r)
            b = BatchNormalization(s, gamma, beta, mean, variance)   i = Sigmoid(b)   e = Mul(b, i)   {POOLED}""",
            "b",
            "(BatchNormalization, 4 x 4, channels first)",
            id="an activation of two nodes behind a norm",
        ),
        pytest.param(
            """p = Conv <strides = [4, 4]> (x, patches)   r = Conv(p, pointwise)   s = Add(p, r)
            b = BatchNormalization(s, gamma, beta, mean, variance)   t = Transpose <perm = [0, 2, 3, 1]> (b)
            e = Relu(t)   g = ReduceMean <axes = [1, 2], keepdims = 0> (e)   y = MatMul(g, head)""",
            "b",
            "(BatchNormalization, 4 x 4, channels first)",
            id="an activation with channels last behind a norm with channels first",
        ),
        pytest.param(
            f"""p = Conv <strides = [4, 4]> (x, patches)   a = Conv(p, pointwise)   m = GlobalAveragePool(a)
            l = Reshape(m, line)   c = Conv <pads = [1, 1]> (l, along_channels)   i = Sigmoid(c)   j = Reshape(i, gate)
            u = Mul(a, j)   e = Add(p, u)   {POOLED}""",
            "e",
            "(Add, 4 x 4, channels first)",
            id="a gate by a Conv along channels",
        ),
        pytest.param(
            f"""p = Conv <strides = [4, 4]> (x, patches)   t = Transpose <perm = [0, 2, 3, 1]> (p)
            d = Pad(t, padding)   c = Transpose <perm = [0, 3, 1, 2]> (d)
            m = MaxPool <kernel_shape = [3, 3]> (c)   r = Conv(m, pointwise)   e = Add(m, r)   {POOLED}""",
            "e",
            "(Add, 4 x 4, channels first)",
            id="channels last, padded",
        ),
    ],
)
def test_the_layer(write_model: Write, body: str, layer: str, reason: str) -> None:
    rng = np.random.default_rng(0)
    weights = {k: rng.standard_normal(shape).astype(np.float32) for k, shape in WEIGHTS.items() if k in body}
    weights |= {k: np.array(v) for k, v in INTEGERS.items() if k in body}
    path = write_model(f"g (float[N, 3, 16, 16] x) => (float[N, 5] y) {{ {body} }}", **weights)
    plan = make_plan(load(path))
    assert (plan.layers, reason in plan.reason) == ((layer,), True), plan.reason
