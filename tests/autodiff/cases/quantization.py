"""Rows for `onnxcam/autodiff/rules/quantization.py`.

Differences see the straight-through gradient when they step over many quantisation steps at once.
"""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

FINE = {"s": np.array(1e-4, np.float64), "z": np.array(1000, np.int16)}
ONE_SIDED = {"s": np.array(1e-4, np.float64), "z": np.array(10000, np.int16)}
CHANNELS = {"s": np.array([1e-4, 2e-4, 1.5e-4]), "z": np.array([0, 500, -700], np.int16)}
TWICE = "q = QuantizeLinear{0}(x, s, z)   y = DequantizeLinear{0}(q, s, z)"

CASES = (
    Case(
        "QuantizeLinear-tensor",
        TWICE.format(""),
        {"x": (2, 3, 4), **FINE},
        (21, NEWEST),
        constant=("s", "z"),
        step=0.05,
    ),
    Case(
        "QuantizeLinear-clipped",
        TWICE.format(""),
        {"x": np.array([-9.0, -4.0, 0.3, 2.0, 5.5]), **FINE},
        (21,),
        constant=("s", "z"),
        step=0.05,
    ),
    # Between the ends of the range and their mirror images.
    Case(
        "QuantizeLinear-one-sided",
        TWICE.format(""),
        {"x": np.array([-9.0, -3.3, 0.3, 1.5, 3.3]), **ONE_SIDED},
        (21,),
        constant=("s", "z"),
        step=0.05,
    ),
    Case(
        "DequantizeLinear-axis",
        TWICE.format("<axis = -2>"),
        {"x": (2, 3, 4), **CHANNELS},
        (21, NEWEST),
        constant=("s", "z"),
        step=0.05,
    ),
)
