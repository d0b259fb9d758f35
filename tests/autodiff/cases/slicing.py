"""Rows for `onnxcam/autodiff/rules/slicing.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


FLAT = "y = Reshape(r, f)"  # where the rank of r is unknown; a score tensor's must be known
X = (4, 5, 6)
THREE = {"a": (2, 1, 3), "b": (2, 2, 3), "c": (2, 3, 3)}
LAST, FIRST = 2**63 - 1, -(2**63)


def cut(form: str, starts: tuple[int, ...], ends: tuple[int, ...], *more: tuple[int, ...]) -> tuple[Case, ...]:
    """A slice with constant parameters and with computed ones; `more` are axes and steps."""
    values = (starts, ends, *more)
    names = ("s", "e", "a", "t")[: len(values)]
    body = f"y = Slice(x, {', '.join(names)})"
    inputs = {"x": X, **dict(zip(names, (ints(*v) for v in values), strict=True))}
    axes = tuple(n for n in names if n == "a")
    return (
        Case(f"Slice-{form}", body, inputs, (10, 13, NEWEST), constant=names),
        Case(f"Slice-{form}-computed", body, inputs, (10, 13), constant=axes),
    )


CASES = (
    Case("Concat", "y = Concat <axis = 1> (a, b, c)", THREE, (7, 13, NEWEST)),
    Case("Concat-negative", "y = Concat <axis = -2> (a, b, c)", THREE, (11, 13)),
    Case("Concat-one", "y = Concat <axis = 0> (a)", {"a": (2, 3)}, (7,)),
    Case("Concat-twice", "y = Concat <axis = 0> (a, a)", {"a": (2, 3)}, (7,)),
    Case("Concat-uneven", "q = Neg(a) r = Concat <axis = 1> (a, q) y = Concat <axis = 1> (r, a)", {"a": (2, 3)}, (7,)),
    Case("Concat-constant", "y = Concat <axis = 1> (a, b, c)", THREE, (7,), constant=("a", "c")),
    Case("Concat-constant-first", "y = Concat <axis = 1> (a, b, c)", THREE, (7,), constant=("a", "b")),
    Case("Concat-constant-last", "y = Concat <axis = 1> (a, b, c)", THREE, (7,), constant=("b", "c")),
    Case(
        "Concat-behind",  # parts of known size around one of symbolic size
        "r = Reshape(z, s) q = Neg(r) y = Concat <axis = 1> (r, a, c, q)",
        {"z": (2, 2), "s": ints(-1, 2), "a": (2, 3), "c": (2, 4)},
        (7,),
        constant=("s", "c"),
    ),
    Case("Split", "y, y1, y2 = Split <axis = 1> (x)", {"x": (2, 6)}, (7, 13), ("y", "y1", "y2")),
    Case("Split-sizes", "y, y1 = Split <axis = -1, split = [2, 4]> (x)", {"x": (2, 6)}, (11,), ("y", "y1")),
    Case(
        "Split-input",
        "y, y1 = Split <axis = 1> (x, s)",
        {"x": X, "s": ints(1, 4)},
        outputs=("y", "y1"),
        constant=("s",),
    ),
    Case("Split-computed", f"q, r = Split(x, s) {FLAT}", {"x": X, "s": ints(1, 3), "f": ints(-1)}, constant=("f",)),
    Case("Split-first", "y, y1, y2 = Split <axis = 1> (x)", {"x": (2, 6)}, (7, 13)),
    Case("Split-middle", "y, y1, y2 = Split <axis = 1> (x)", {"x": (2, 6)}, (7, 13), ("y1",)),
    Case("Split-ends", "y, y1, y2 = Split <axis = 1> (x)", {"x": (2, 6)}, (7, 13), ("y", "y2")),
    Case("Split-number", "y, y1 = Split <axis = 1, num_outputs = 2> (x)", {"x": X}, (18, NEWEST), ("y", "y1")),
    Case("Split-number-last", "y, y1 = Split <axis = -2, num_outputs = 2> (x)", {"x": X}, (18, NEWEST), ("y1",)),
    Case("Split-one", "y = Split <num_outputs = 1> (x)", {"x": (2, 3)}, (18,)),
    Case("Slice-attributes", "y = Slice <starts = [1, 0], ends = [3, 9]> (x)", {"x": X}, (7, 9)),
    Case("Slice-attributes-axes", "y = Slice <starts = [-3], ends = [-1], axes = [2]> (x)", {"x": X}, (7, 9)),
    *cut("plain", (1, 0), (3, LAST)),
    *cut("axes", (1, -4), (-1, 3), (0, 2)),
    *cut("axes-negative", (2, 0), (LAST, 3), (-1, -3)),
    *cut("beyond", (-9, 1), (99, 2), (1, 0)),
    *cut("behind", (1,), (LAST,), (0,)),
    *cut("empty", (3,), (1,), (1,)),
    *cut("whole", (0,), (LAST,), (1,)),
    *cut("steps", (0, 1), (LAST, 4), (2, 1), (2, 1)),
    *cut("steps-odd", (1,), (5,), (2,), (3,)),
    *cut("steps-back", (-1, 4), (FIRST, 0), (0, 2), (-1, -2)),
    *cut("steps-back-beyond", (99,), (FIRST,), (1,), (-2,)),
    Case("Slice-int32", "y = Slice(x, s, e)", {"x": X, "s": np.array([1], "i4"), "e": np.array([3], "i4")}, (13,)),
    Case("Slice-computed-axes", "y = Slice(x, s, e, a)", {"x": X, "s": ints(1), "e": ints(3), "a": ints(-1)}, (13,)),
    Case(
        "Slice-computed-axes-steps",
        "y = Slice(x, s, e, a, t)",
        {"x": X, "s": ints(-1, 1), "e": ints(FIRST, 4), "a": ints(0, -1), "t": ints(-1, 2)},
        (10, NEWEST),
    ),
    Case(
        "Slice-int32-steps",
        "y = Slice(x, s, e, a, t)",
        {"x": X, **{name: np.array([v], "i4") for name, v in zip("seat", (1, 5, 2, 3), strict=True)}},
        (13,),
    ),
    Case("Trilu", "y = Trilu(x)", {"x": X}, (14, NEWEST)),
    Case("Trilu-lower", "y = Trilu <upper = 0> (x, k)", {"x": X, "k": np.array(-1)}, (14,), constant=("k",)),
    Case(
        "Trilu-computed", f"r = Trilu(x, k) {FLAT}", {"x": X, "k": np.array(1), "f": ints(-1)}, (14,), constant=("f",)
    ),
)
