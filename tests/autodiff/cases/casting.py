"""Rows for `onnxcam/autodiff/rules/casting.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

X = {"x": (2, 3, 4)}
TRUE, RATIO = np.array(True), np.array(0.25)

CASES = (
    Case("Cast", "f = Cast <to = 11> (x) z = Sin(f) y = CastLike(z, x)", X, opsets=(15, 19, NEWEST)),
    Case(
        "Cast-integers",
        "n = Cast <to = 7> (x) f = CastLike(n, x) y = Mul(x, f)",
        {"x": np.array([1.4, -2.6])},
        opsets=(15, NEWEST),
    ),
    Case("CastLike", "y = CastLike(x, t)", X | {"t": np.array([1.0])}, opsets=(15, NEWEST), constant=("t",)),
    Case("Identity", "y = Identity(x)", X, opsets=(7, 14, NEWEST)),
    # The type that stays is float, as ONNX Runtime is given it, where the reference evaluator is given double.
    Case("BitCast", "f = BitCast <to = 1> (x) y = Sin(f)", X, opsets=(26, NEWEST), runtime="onnxruntime"),
    Case("Dropout", "y = Dropout <ratio = 0.3> (x)", X, opsets=(7, 10)),
    Case("Dropout-mask", "y, m = Dropout(x)", X, opsets=(10, 12, NEWEST)),
    Case("Dropout-inference", "y = Dropout(x, r)", X | {"r": RATIO}, opsets=(12, NEWEST), constant=("r",)),
    Case("Dropout-off", "y = Dropout(x, , t)", X | {"t": ~TRUE}, opsets=(12, NEWEST), constant=("t",)),
    *(
        Case(
            f"Dropout-{'training' if is_training else 'off'}-computed",
            "y, m = Dropout <seed = 7> (x, r, t)",
            X | {"r": RATIO, "t": np.array(is_training)},
            opsets=(12, NEWEST),
            constant=("r",),
        )
        for is_training in (True, False)
    ),
    Case(
        "Dropout-training",
        "y, m = Dropout <seed = 7> (x, r, t)",
        X | {"r": RATIO, "t": TRUE},
        opsets=(12, NEWEST),
        constant=("r", "t"),
    ),
    *(
        Case(
            f"Dropout-ratio-{'training' if is_training else 'off'}",
            "y, m = Dropout <seed = 7> (x, r, t)",
            X | {"r": RATIO, "t": np.array(is_training)},
            opsets=(12, NEWEST),
        )
        for is_training in (True, False)
    ),
    # The reference evaluator wants a ratio.
    Case(
        "Dropout-ratio",
        "y, m = Dropout <seed = 7> (x, , t)",
        X | {"t": TRUE},
        opsets=(12, NEWEST),
        constant=("t",),
        runtime="onnxruntime",
    ),
)
