"""Rows for `onnxcam/autodiff/rules/microsoft/fused_sums.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

X: dict[str, Values] = {"x": (2, 3, 4)}
SCORES: dict[str, Values] = {"x": (2, 2, 3, 4)}


def row(name: str, node: str, inputs: dict[str, Values], meaning: str, constant: tuple[str, ...] = ()) -> Case:
    body = f"y = com.microsoft.{node}"
    return Case(f"com.microsoft.{name}", body, inputs, opsets=(13, NEWEST), meaning=meaning, constant=constant)


CASES = (
    row("BiasAdd", "BiasAdd(x, b, z)", X | {"b": (4,), "z": (2, 3, 4)}, "s = Add(x, b) y = Add(s, z)"),
    Case(
        "com.microsoft.GatedAdd",
        "y = com.microsoft.GatedAdd(x, u, g)",
        X | {"u": (2, 3, 4), "g": (2, 3, 1)},
        opsets=(7, NEWEST),
        runtime="onnxruntime",
    ),
    row(
        "GatedAdd-projected",
        "GatedAdd(x, u, g, w)",
        X | {"u": (2, 3, 4), "g": (2, 3, 5), "w": (5, 1)},
        "p = MatMul(g, w) s = Sigmoid(p) m = Mul(u, s) y = Add(x, m)",
    ),
    row(
        "BiasSoftmax",
        "BiasSoftmax <axis = 3, is_inner_broadcast = 1> (x, b)",
        SCORES | {"b": (2, 1, 1, 4)},
        "s = Add(x, b) y = Softmax(s)",
    ),
    row(
        "BiasSoftmax-outer",
        "BiasSoftmax <axis = -1, is_inner_broadcast = 0> (x, b)",
        SCORES | {"b": (3, 4)},
        "s = Add(x, b) y = Softmax(s)",
    ),
    row(
        "BiasSoftmax-joint",
        "BiasSoftmax <axis = 2, is_inner_broadcast = 0> (x, b)",
        SCORES | {"b": (3, 4)},
        """s = Add(x, b) r = Constant <value = int64[3] {2, 2, 12}> () t = Reshape(s, r) u = Softmax(t)
        v = Constant <value = int64[4] {2, 2, 3, 4}> () y = Reshape(u, v)""",
    ),
    row("BiasDropout", "BiasDropout(x, b)", X | {"b": (4,)}, "y = Add(x, b)"),
    row(
        "BiasDropout-residual",
        "BiasDropout(x, b, z, r, t)",
        X | {"b": (4,), "z": (2, 3, 4), "r": np.array(0.5), "t": np.array(False)},
        "s = Add(x, b) y = Add(s, z)",
        constant=("r", "t"),
    ),
    row(
        "BitmaskBiasDropout",
        "BitmaskBiasDropout(x, b, z)",
        X | {"b": (4,), "z": (2, 3, 4)},
        "s = Add(x, b) y = Add(s, z)",
    ),
    row("BitmaskDropout", "BitmaskDropout(x)", X, "y = Identity(x)"),
)
