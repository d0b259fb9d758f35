"""Rows for `onnxcam/autodiff/rules/quantized/qlinear.py`."""

import numpy as np

from tests.autodiff.cases.case import Case, quantised

# The last of a and b adds up to what is clipped.
A = np.array([[0.3, -2.1, 7.4], [1.2, -0.4, 6.9]])
B = np.array([[1.3, -0.2, 5.1]])
NAME = "com.microsoft."
SMALL = {"a": np.array([[0.3, -1.1, 0.9], [1.2, -0.4, -1.3]]), "b": np.array([[0.7, -1.2, 1.1]])}
EIGHTHS = {"sa": np.array(1 / 8), "sb": np.array(1 / 8)}
# Over so wide a range that a rounded result is nothing to it, from where it hardly changes to where it hardly does.
CURVED = {"to": (1 / 256, np.uint8(0)), "width": 6.0, "copies": 100000}

CASES: tuple[Case, ...] = (
    quantised(
        f"{NAME}QLinearAdd",
        f"q = {NAME}QLinearAdd(qa, sa, za, qb, sb, zb, sy, zy)",
        {"a": A, "b": B},
        to=(1 / 16, np.uint8(130)),
        zb=np.array(99, np.uint8),
    ),
    quantised(
        f"{NAME}QLinearMul",
        f"q = {NAME}QLinearMul(qa, sa, za, qb, sb, zb, sy, zy)",
        SMALL,
        to=(1 / 64, np.uint8(127)),
        width=1 / 8,
        step=0.2,
        **EIGHTHS,
        zb=np.array(99, np.uint8),
    ),
    quantised(
        f"{NAME}QLinearWhere",
        f"q = {NAME}QLinearWhere(c, qa, sa, za, qb, sb, zb, sy, zy)",
        {"a": A, "b": B},
        to=(1 / 16, np.uint8(100)),
        c=np.array([[True, False, True], [False, True, False]]),
        zb=np.array(99, np.uint8),
    ),
    quantised(
        f"{NAME}QLinearConcat",
        f"q = {NAME}QLinearConcat <axis = 2> (sy, zy, qa, sa, za, qb, sb, zb)",
        {"a": A, "b": SMALL["a"]},
        to=(1 / 16, np.uint8(100)),
        zb=np.array(99, np.uint8),
    ),
    quantised(
        f"{NAME}QLinearConcat-last",
        f"q = {NAME}QLinearConcat <axis = -1> (sy, zy, qa, sa, za)",
        {"a": A},
        to=(1 / 32, np.uint8(100)),
    ),
    quantised(
        f"{NAME}QLinearLeakyRelu",
        f"q = {NAME}QLinearLeakyRelu <alpha = 0.5> (qa, sa, za, sy, zy)",
        {"a": np.array([0.3, -2.1, 1.7, -1.5, 6.1])},
        to=(1 / 32, np.uint8(110)),
    ),
    quantised(
        f"{NAME}QLinearLeakyRelu-default",
        f"q = {NAME}QLinearLeakyRelu(qa, sa, za, sy, zy)",
        {"a": np.array([-20.0, 30.0])},
        to=(0.01, np.uint8(200)),
        width=16.0,
        step=4.0,
        sa=np.array(1.0),
    ),
    quantised(
        f"{NAME}QLinearSigmoid",
        f"q = {NAME}QLinearSigmoid(qa, sa, za, sy, zy)",
        {"a": np.array([-3.1, -2.5])},
        **CURVED,
    ),
    *(
        quantised(
            f"{NAME}QLinearSoftmax-{name}",
            f"q = {NAME}QLinearSoftmax <{form}> (qa, sa, za, sy, zy)",
            {"a": np.array([[-6.0, 4.0, -0.2], [1.5, 4.5, -4.8]])},
            **CURVED | {"width": np.array([[12.0, -9.0, 0.5], [-2.5, -9.0, 9.5]])},
        )
        for name, form in {"axis": "axis = -1, opset = 13", "flat": "axis = 1, opset = 11"}.items()
    ),
)
