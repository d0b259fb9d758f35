"""Rows for `onnxcam/autodiff/rules/microsoft/runtime_shaping.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

X: dict[str, Values] = {"x": (2, 3, 4)}


def row(
    name: str,
    node: str,
    inputs: dict[str, Values],
    opsets: tuple[int, ...] = (7, NEWEST),
    constant: tuple[str, ...] = (),
    meaning: str = "",
    *,
    is_dynamic: bool = True,
) -> Case:
    body, runtime = f"y = com.microsoft.{node}", "reference" if meaning else "onnxruntime"
    return Case(
        f"com.microsoft.{name}",
        body,
        inputs,
        opsets=opsets,
        constant=constant,
        runtime=runtime,
        meaning=meaning,
        is_dynamic=is_dynamic,
    )


CASES = (
    row("SampleOp", "SampleOp(x)", X),
    row("ExpandDims", "ExpandDims(x, a)", X | {"a": np.array(1, dtype=np.int32)}, constant=("a",)),
    row("ExpandDims-negative", "ExpandDims(x, a)", X | {"a": np.array(-1, dtype=np.int32)}, constant=("a",)),
    row("Trilu", "Trilu(x)", {"x": (2, 3, 3)}, (14, NEWEST)),
    row("Trilu-lower", "Trilu <upper = 0> (x, k)", X | {"k": np.array(1)}, (14, NEWEST)),
    row("Pad", "Pad(x, p)", X | {"p": np.array([0, 1, 0, 0, 0, 2])}, constant=("p",)),
    row(
        "Pad-row",
        "Pad(x, p, v)",
        X | {"p": np.array([[0, 1, -1, 1, 0, 2]]), "v": np.array([0.5])},
        (11, NEWEST),
        constant=("p",),
    ),
    row("Pad-edge", 'Pad <mode = "edge"> (x, p)', X | {"p": np.array([0, 1, 0, 0, 0, 2])}, constant=("p",)),
    row("Pad-computed", "Pad(x, p)", X | {"p": np.array([0, 1, 0, 0, 0, 2])}),
    row(
        "GatherND",
        "GatherND(x, i)",
        X | {"i": np.array([[0, 1], [1, 2], [0, 1]], dtype=np.int32)},
        (11, NEWEST),
        is_dynamic=False,
    ),
    row("Range", "Range(s, l, d)", {"s": np.array(0.3), "l": np.array(2.1), "d": np.array(0.5)}, constant=("l",)),
    row("Range-lists", "Range(s, l)", {"s": np.array([0.3]), "l": np.array([2.1])}, constant=("l",)),
    Case(
        "com.microsoft.Unique",
        "u, i, j = com.microsoft.Unique(x) y = Gather(u, i)",
        {"x": (5,)},
        opsets=(11, NEWEST),
        runtime="onnxruntime",
    ),
    row("UnfoldTensor", "UnfoldTensor <size = 3, step = 2, dim = 1> (x)", {"x": (2, 8, 3)}, (11, NEWEST)),
    row("UnfoldTensor-last", "UnfoldTensor <size = 2> (x)", X, (11, NEWEST)),
    row("UnfoldTensor-one", "UnfoldTensor <size = 1, step = 2, dim = -2> (x)", X, (11, NEWEST)),
    Case(
        "com.microsoft.NGramRepeatBlock",
        "s = com.microsoft.NGramRepeatBlock <ngram_size = 2> (i, x) y = Exp(s)",
        {"i": np.array([[1, 2, 3, 1], [0, 0, 0, 1]]), "x": (2, 5)},
        opsets=(7, NEWEST),
        runtime="onnxruntime",
    ),
)
