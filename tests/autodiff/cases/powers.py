"""Rows for `onnxcam/autodiff/rules/powers.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

SIGNED = np.array([[-1.3, 0.7], [2.1, -0.4]])
WHOLE = np.array([2.0, 3.0])
WITH_ZERO = np.array([[-1.3, 0.0], [2.1, -0.4]])
INTEGERS = np.array([[-2, 0], [3, 1]])


def positive(op_type: str) -> Case:
    return Case(op_type, f"y = {op_type}(x)", {"x": np.array([[0.3, 1.7], [2.9, 0.6]])}, opsets=(7, NEWEST))


CASES = (
    Case(
        "Pow-both",
        "y = Pow(x, e)",
        {"x": np.array([[0.3], [1.7]]), "e": np.array([2.0, -1.4, 0.0])},
        opsets=(7, 12, NEWEST),
    ),
    Case("Pow-zero-base", "y = Pow(x, e)", {"x": np.array([0.0, 1.3]), "e": np.array([2.0, 3.0])}, opsets=(7, NEWEST)),
    Case("Pow-constant", "y = Pow(x, e)", {"x": SIGNED, "e": WHOLE}, constant=("e",), opsets=(7, 12, NEWEST)),
    Case("Pow-square", "y = Pow(x, e)", {"x": SIGNED, "e": np.array(2.0)}, constant=("e",), opsets=(7, NEWEST)),
    Case("Pow-zeroth", "y = Pow(x, e)", {"x": SIGNED, "e": np.array([0.0, 1.0])}, constant=("e",), opsets=(7, NEWEST)),
    Case("Pow-root", "y = Pow(x, e)", {"x": abs(SIGNED), "e": np.array([0.5])}, constant=("e",), opsets=(7, NEWEST)),
    Case("Pow-integers", "y = Pow(x, e)", {"x": WITH_ZERO, "e": INTEGERS}, opsets=(12, NEWEST)),
    Case(
        "Pow-constant-integers", "y = Pow(x, e)", {"x": WITH_ZERO, "e": INTEGERS}, constant=("e",), opsets=(12, NEWEST)
    ),
    Case("Pow-constant-base", "y = Pow(b, x)", {"b": np.array(2.0), "x": SIGNED}, constant=("b",), opsets=(7, NEWEST)),
    positive("Sqrt"),
    positive("Log"),
    Case("Exp", "y = Exp(x)", {"x": (2, 3)}, opsets=(7, NEWEST)),
    Case("Reciprocal", "y = Reciprocal(x)", {"x": SIGNED}, opsets=(7, NEWEST)),
    # The reference evaluator computes it in float32.
    Case("Erf", "y = Erf(x)", {"x": (2, 3)}, opsets=(9, NEWEST), runtime="onnxruntime"),
)
