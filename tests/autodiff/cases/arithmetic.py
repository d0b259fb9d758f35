"""Rows for `onnxcam/autodiff/rules/arithmetic.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

THREE = {"a": (2, 3, 4), "b": (3, 1), "c": (2, 1, 1)}
SAME = {"a": (2, 3), "b": (2, 3), "c": (2, 3)}
MIXED = np.array([[-1.7, -3.4, 4.2], [-4.1, 0.9, 2.1]])
# Where two inputs tie, a central difference is their half, as the rule has it.
TIED = np.array([0.3, 1.2, 0.3])

CASES = (
    Case("Add-broadcast", "y = Add(a, b)", {"a": (2, 3, 4), "b": (3, 1)}, opsets=(7, 13, NEWEST)),
    Case("Sub-broadcast", "y = Sub(a, b)", {"a": (3, 1), "b": (2, 3, 4)}, opsets=(7, 13, NEWEST)),
    Case("Mul-broadcast", "y = Mul(a, b)", {"a": (2, 1, 4), "b": (2, 3, 1)}, opsets=(7, 13, NEWEST)),
    Case("Div-broadcast", "y = Div(a, b)", {"a": (2, 1, 4), "b": (3, 1)}, opsets=(7, 13, NEWEST), shift=3.0),
    Case(
        "Div-integers",  # an integer quotient has no gradient; the other path has
        "n = Cast <to = 7> (a) d = Constant <value_int = 2> () q = Div(n, d) f = CastLike(q, a) y = Mul(a, f)",
        {"a": np.array([3.4, 7.6, -5.3])},
        opsets=(15, NEWEST),
    ),
    Case("Neg", "y = Neg(x)", {"x": (2, 3)}, opsets=(7, NEWEST)),
    Case("Abs", "y = Abs(x)", {"x": (2, 3)}, opsets=(7, NEWEST), avoid=(0.0,)),
    Case("Abs-zero", "y = Abs(x)", {"x": np.array([0.0, -1.3, 0.4])}, opsets=(7, NEWEST)),
    Case("Mod-fmod", "y = Mod <fmod = 1> (a, b)", {"a": MIXED, "b": np.array([2.3, 1.1, 4.5])}, opsets=(10, NEWEST)),
    Case("Mod-negative", "y = Mod <fmod = 1> (a, b)", {"a": MIXED, "b": np.array([[-2.3], [1.1]])}, opsets=(10, 13)),
    Case("Mod-floor", "y = Mod(a, b)", {"a": MIXED, "b": np.array([[-2.3], [1.1]])}, opsets=(28,)),
    Case("Sum-same", "y = Sum(a, b, c)", SAME, opsets=(7, NEWEST)),
    Case("Sum-broadcast", "y = Sum(a, b, c)", THREE, opsets=(8, NEWEST)),
    Case("Sum-one", "y = Sum(a)", {"a": (2, 3)}, opsets=(7, NEWEST)),
    Case("Mean-same", "y = Mean(a, b, c)", SAME, opsets=(7, NEWEST)),
    Case("Mean-broadcast", "y = Mean(a, b, c)", THREE, opsets=(8, NEWEST)),
    Case("Max-same", "y = Max(a, b, c)", SAME, opsets=(7, NEWEST)),
    Case("Max-broadcast", "y = Max(a, b, c)", THREE, opsets=(8, 12, NEWEST)),
    Case("Max-ties", "y = Max(a, b)", {"a": TIED, "b": TIED[::-1]}, opsets=(8, NEWEST)),
    Case("Max-one", "y = Max(a)", {"a": (2, 3)}, opsets=(7, NEWEST)),
    Case("Min-same", "y = Min(a, b, c)", SAME, opsets=(7, NEWEST)),
    Case("Min-broadcast", "y = Min(a, b)", {"a": (2, 1, 4), "b": (3, 1)}, opsets=(8, 12, NEWEST)),
    Case("Min-ties", "y = Min(a, b)", {"a": TIED, "b": TIED[::-1]}, opsets=(8,)),
    Case("Min-one", "y = Min(a)", {"a": (2, 3)}, opsets=(8,)),
    Case(
        "Where-broadcast",
        "y = Where(c, a, b)",
        {"c": np.array([[True], [False], [True]]), "a": (2, 3, 4), "b": (4,)},
        opsets=(9, NEWEST),
    ),
    Case("Where-mask", "y = Where(c, a, b)", {"c": np.eye(3, dtype=bool), "a": (1, 3), "b": ()}, opsets=(9, NEWEST)),
)
