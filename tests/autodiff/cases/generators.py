"""Rows for `onnxcam/autodiff/rules/generators.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

RANGE = {"a": np.array(0.3), "b": np.array(4.9), "d": np.array(0.7)}
ONE_HOT = {"i": np.array([[1, 0], [4, 2]]), "d": np.array(5), "v": np.array([0.4, 2.1])}

CASES = (
    Case("Range", "y = Range(a, b, d)", RANGE, opsets=(11, NEWEST), constant=("b",)),
    Case("OneHot", "y = OneHot(i, d, v)", ONE_HOT, opsets=(9, 11, NEWEST)),
    Case("OneHot-axis", "y = OneHot <axis = 1> (i, d, v)", ONE_HOT, opsets=(9, NEWEST)),
    Case("OneHot-negative", "y = OneHot <axis = -2> (i, d, v)", ONE_HOT, opsets=(11, NEWEST)),
)
