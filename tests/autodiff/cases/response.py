"""Rows for `onnxcam/autodiff/rules/response.py`."""

from tests.autodiff.cases.case import NEWEST, Case

# The reference evaluator normalizes only as many channels as there are samples.
IMAGE = {"x": (5, 5, 2, 3)}
STRONG = "alpha = 0.8, beta = 0.6, bias = 1.5"

CASES = (
    Case("LRN", f"y = LRN <size = 3, {STRONG}> (x)", IMAGE, opsets=(7, NEWEST)),
    Case("LRN-even", f"y = LRN <size = 4, {STRONG}> (x)", IMAGE, opsets=(7, NEWEST)),
    Case("LRN-default", "y = LRN <size = 5> (x)", IMAGE, opsets=(7, NEWEST), scale=20.0),
    Case("LpNormalization", "y = LpNormalization(x)", {"x": (2, 3, 4)}, opsets=(7, NEWEST)),
    Case("LpNormalization-axis", "y = LpNormalization <axis = -2, p = 2> (x)", {"x": (2, 3, 4)}, opsets=(7, NEWEST)),
    # The reference evaluator forgets the absolute value of p = 1.
    Case(
        "LpNormalization-sum",
        "y = LpNormalization <axis = 1, p = 1> (x)",
        {"x": (2, 3, 4)},
        opsets=(7, NEWEST),
        avoid=(0.0,),
        runtime="onnxruntime",
    ),
    Case(
        "LpNormalization-positive",
        "y = LpNormalization <axis = 1, p = 1> (x)",
        {"x": (2, 3)},
        opsets=(7, NEWEST),
        shift=5.0,
    ),
)
