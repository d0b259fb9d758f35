"""Rows for `onnxcam/autodiff/rules/microsoft/runtime_algebra.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

SQUARE = np.random.default_rng(0).standard_normal((2, 3, 3)) + 3 * np.eye(3)
POINTS: dict[str, Values] = {"a": (3, 4), "b": (2, 4)}
PAIRS: dict[str, Values] = {"a": (2, 3, 2), "b": (3, 2)}
SPLIT = """r, i = Split <axis = 2, num_outputs = 2> (a) s, j = Split <axis = 1, num_outputs = 2> (b)
p = Mul(r, s) q = Mul(i, j) t = Mul(r, j) u = Mul(i, s)"""


def row(
    name: str, node: str, inputs: dict[str, Values], opsets: tuple[int, ...] = (7, NEWEST), meaning: str = ""
) -> Case:
    runtime = "reference" if meaning else "onnxruntime"
    return Case(
        f"com.microsoft.{name}", f"y = com.microsoft.{node}", inputs, opsets=opsets, runtime=runtime, meaning=meaning
    )


CASES = (
    row("Inverse", "Inverse(x)", {"x": SQUARE}),
    row("CDist", "CDist(a, b)", POINTS),
    row("CDist-euclidean", 'CDist <metric = "euclidean"> (a, b)', POINTS),
    row(
        "ComplexMul",
        "ComplexMul(a, b)",
        PAIRS,
        (18, NEWEST),
        f"{SPLIT} v = Sub(p, q) w = Add(t, u) y = Concat <axis = 2> (v, w)",
    ),
    row(
        "ComplexMulConj",
        "ComplexMulConj(a, b)",
        PAIRS,
        (18, NEWEST),
        f"{SPLIT} v = Add(p, q) w = Sub(u, t) y = Concat <axis = 2> (v, w)",
    ),
    row(
        "Rfft",
        "Rfft <signal_ndim = 1> (x)",
        {"x": (2, 3, 6)},
        (20, NEWEST),
        """m = Constant <value = int64[1] {-1}> () u = Unsqueeze(x, m) a = Constant <value = int64 {2}> ()
        y = DFT <onesided = 1> (u, , a)""",
    ),
    row(
        "Irfft",
        "Irfft <signal_ndim = 1> (x)",
        {"x": (2, 3, 4, 2)},
        (20, NEWEST),
        """n = Constant <value = int64 {6}> () a = Constant <value = int64 {2}> ()
        m = Constant <value = int64[1] {-1}> () z = DFT <onesided = 1, inverse = 1> (x, n, a) y = Squeeze(z, m)""",
    ),
    row(
        "Irfft-odd",
        "Irfft <signal_ndim = 1> (x)",
        {"x": (4, 2)},
        (20, NEWEST),
        """n = Constant <value = int64 {7}> () a = Constant <value = int64 {1}> ()
        e = Constant <value = int64[1] {0}> () u = Unsqueeze(x, e)
        z = DFT <onesided = 1, inverse = 1> (u, n, a) f = Constant <value = int64[2] {0, -1}> ()
        y = Squeeze(z, f)""",
    ),
)
