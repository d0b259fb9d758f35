"""Rows for `onnxcam/autodiff/rules/quantized/transformers.py`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import COPIES, Case, quantised

Arrays = dict[str, NDArray[Any]]

NAME = "com.microsoft."
RNG = np.random.default_rng(6)
X = {"a": RNG.uniform(-0.4, 0.4, (3, 4))}
WEIGHTS = {"w": RNG.integers(-90, 90, (4, 12), np.int8), "sw": np.array(1 / 64), "zw": np.array(3, np.int8)}
COLUMNS = {"sw": RNG.uniform(1 / 100, 1 / 50, 12), "zw": np.zeros(12, np.int8)}
PAST = RNG.standard_normal((2, COPIES, 2, 2, 2)) * 0.5


def attention(name: str, inputs: str = "", form: str = "", a: Arrays = X, **constant: Any) -> Case:
    attributes = ", ".join(filter(None, ["num_heads = 2", form]))
    made = "e, p" if "past" in inputs else "e"
    node = f"{made} = {NAME}QAttention <{attributes}> (qa, w, bias, sa, sw, {inputs})"
    settings: dict[str, Any] = {"sa": np.array(1 / 200), "width": 1 / 20, "step": 0.02, **WEIGHTS, **constant}
    return quantised(f"{NAME}QAttention-{name}", node, a, fed={"bias": RNG.standard_normal(12)}, **settings)


IDS = {"i": np.array([[0, 6, 2], [3, 3, 1]], np.int32), "j": np.array([[0, 0, 1], [1, 1, 1]], np.int32)}
TABLES = {
    "w": RNG.integers(0, 255, (7, 4), np.uint8),
    "p": RNG.integers(0, 255, (5, 4), np.uint8),
    "k": RNG.integers(0, 255, (2, 4), np.uint8),
    "g": RNG.integers(0, 255, 4, np.uint8),
    "b": RNG.integers(0, 255, 4, np.uint8),
} | {f"z{n}": np.array(z, np.uint8) for n, z in zip("wpkgb", (128, 100, 130, 9, 77), strict=True)}
SCALES = {f"s{n}": np.array(s) for n, s in zip("wpkgb", (0.01, 0.02, 0.015, 0.01, 0.03), strict=True)}


def embedding(name: str, inputs: str, *without: str) -> Case:
    given = {n: a for n, a in (IDS | TABLES | SCALES).items() if n not in without}
    node = f"y, m = {NAME}QEmbedLayerNormalization <epsilon = 0.1> ({inputs})"
    held = tuple(n for n in given if not n.startswith("s"))
    # In float32, which ONNX Runtime takes for it; the tables' sizes must be known.
    return Case(
        f"{NAME}QEmbedLayerNormalization-{name}",
        node,
        given,
        (17,),
        constant=held,
        runtime="onnxruntime",
        step=1e-4,
        is_dynamic=False,
    )


CASES: tuple[Case, ...] = (
    attention("plain", ", za, zw"),
    attention("columns", ", za, zw", **COLUMNS),
    attention("unidirectional", ", za, zw", "unidirectional = 1"),
    attention("mask", "mask, za, zw", mask=np.resize(np.array([2, 3, 1], np.int32), COPIES)),
    attention("past", ", za, zw, past", past=PAST),
    attention("no-zero-points", "", a={"a": X["a"] + 0.5}, za=np.array(0, np.uint8), zw=np.array(0, np.int8)),
    embedding("segments", "i, j, w, p, k, g, b, , sw, sp, sk, sg, sb, zw, zp, zk, zg, zb"),
    embedding("words", "i, , w, p, , g, b, , sw, sp, , sg, sb, zw, zp, , zg, zb", "j", "k", "sk", "zk"),
)
