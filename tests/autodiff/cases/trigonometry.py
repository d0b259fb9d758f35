"""Rows for `onnxcam/autodiff/rules/trigonometry.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

UNIT = np.array([[0.3, -0.7], [0.05, 0.9]])


def row(op_type: str, since: int = 7, values: np.ndarray = UNIT) -> Case:
    return Case(op_type, f"y = {op_type}(x)", {"x": values}, opsets=(since, NEWEST))


CASES = (
    *(row(op_type) for op_type in ("Sin", "Cos", "Tan", "Asin", "Acos", "Atan")),
    *(row(op_type, since=9) for op_type in ("Sinh", "Cosh", "Asinh", "Atanh")),
    row("Acosh", since=9, values=np.array([1.2, 3.4, 2.0])),
)
