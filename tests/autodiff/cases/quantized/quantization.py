"""Rows for `onnxcam/autodiff/rules/quantized/quantization.py`.

Differences see the straight-through gradient when they step over many quantisation steps at once, or over averages.
"""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import NEWEST, Case, averaged

Array = NDArray[Any]

FINE = {"s": np.array(1e-4, np.float64), "z": np.array(1000, np.int16)}
ONE_SIDED = {"s": np.array(1e-4, np.float64), "z": np.array(10000, np.int16)}
CHANNELS = {"s": np.array([1e-4, 2e-4, 1.5e-4]), "z": np.array([0, 500, -700], np.int16)}
BLOCKS = {"s": np.array([[[1e-4], [2e-4]], [[3e-4], [1.5e-4]]]), "z": np.array([[[0], [500]], [[-70], [9]]], np.int16)}
INTEGERS = {"q": np.arange(-12, 12, dtype=np.int8).reshape(2, 3, 4), "z": np.array(3, np.int8)}
TWICE = "q = QuantizeLinear{0}(x, s, z)   y = DequantizeLinear{0}(q, s, z)"

SPANS = {"both": [[-2.0, 0.5], [1.0, 3.0]], "positive": [0.3, 0.5, 0.9], "negative": [-0.3, -1.5], "ties": [3.0, -1, 3]}


def few_bits(kind: Any, *opsets: int, name: str = "", domain: str = "") -> Case:
    """Integers of a type: at both ends of its range just within it and just outside, and in the middle."""
    limits = ml_dtypes.iinfo(kind) if kind.__module__.startswith("ml") else np.iinfo(kind)
    zero = limits.min + 1
    low, high = limits.min - zero, limits.max - zero
    x = np.array([low - 1.85, low - 0.15, (low + high) / 2, high - 0.85, high + 0.85]) / 2
    constant = {"s": np.array(0.5), "z": np.array(zero, kind)}
    body = f"q = {domain}QuantizeLinear(dx, s, z)   e = {domain}DequantizeLinear(q, s, z)"
    is_old = domain or min(opsets) < 19  # which the reference evaluator does not know
    runtime = "onnxruntime" if is_old else "reference"
    name = f"{domain}QuantizeLinear-{np.dtype(kind).name}{name}"
    return averaged(name, body, {"x": x}, opsets, 0.5, 0.05, constant, runtime=runtime)


def few_bit_floats(number: int, spacing: float, *opsets: int, saturate: str = "") -> Case:
    """Floats of few bits: numbers between 2 and 4, where they are evenly spaced, and some that are clipped."""
    x = np.array([2.5, 2.9, 1e6, -1e6] if not saturate else [2.5, 2.9, 2.7])
    types = {17: "FLOAT8E4M3FN", 18: "FLOAT8E4M3FNUZ", 19: "FLOAT8E5M2", 20: "FLOAT8E5M2FNUZ"}
    body = f"z = Cast <to = {number}> (zero)   q = QuantizeLinear{saturate}(dx, s, z)   e = DequantizeLinear(q, s, z)"
    name = f"QuantizeLinear-{types.get(number, number)}{'-unsaturated' if saturate else ''}".lower()
    constant = {"s": np.array(0.5), "zero": np.array(0.0)}
    return averaged(
        name.replace("quantizelinear", "QuantizeLinear"), body, {"x": x / 2}, opsets, spacing / 2, 0.05, constant
    )


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
        "QuantizeLinear-one-number",
        TWICE.format(""),
        {"x": (2, 3), "s": np.array([1e-4]), "z": np.array([9], np.int16)},
        (21,),
        constant=("s", "z"),
        step=0.05,
    ),
    Case(
        "QuantizeLinear-blocks",
        TWICE.format("<axis = 1, block_size = 2>"),
        {"x": (2, 3, 1), **BLOCKS},
        (21, NEWEST),
        constant=("s", "z"),
        step=0.05,
    ),
    # Along the last axis; the first row lies inside the range, the second outside, and each would not without its zero.
    Case(
        "QuantizeLinear-computed",
        "z = Cast <to = 5> (n)   " + TWICE.format("<axis = 1>"),
        {
            "x": np.array([[-4.0, 3.0, 6.0], [2.0, -4.0, -3.0], [0.1, 0.2, 0.3]]),
            "s": np.array([1e-4, 1e-4, 1.5e-4]),
            "n": np.array([20000, 0, -20000]),
        },
        (21, NEWEST),
        constant=("s",),
        step=0.05,
    ),
    Case(
        "QuantizeLinear-output-type",
        "q = QuantizeLinear <output_dtype = 4> (x, s)   y = DequantizeLinear(q, s)",
        {"x": np.array([-0.5, 0.5, 3.0, 6.0, 7.0]), "s": FINE["s"]},
        (21, NEWEST),
        constant=("s",),
        step=0.05,
    ),
    Case(
        "QuantizeLinear-precision",
        "q = QuantizeLinear <precision = 1> (x, s, z)   y = DequantizeLinear <output_dtype = 11> (q, s, z)",
        {"x": (2, 3, 4), **FINE},
        (23, NEWEST),
        constant=("s", "z"),
        step=0.05,
    ),
    few_bits(np.int8, 10, 13, 17, name="-old"),
    few_bits(np.uint8, 10, 13, 17, name="-old"),
    few_bits(np.int8, 19, NEWEST),
    few_bits(np.uint8, 19, NEWEST),
    few_bits(np.uint16, 21, NEWEST),
    few_bits(ml_dtypes.int4, 21, NEWEST),
    few_bits(ml_dtypes.uint4, 21, NEWEST),
    few_bits(ml_dtypes.int2, 25, NEWEST),
    few_bits(ml_dtypes.uint2, 25, NEWEST),
    few_bit_floats(17, 0.25, 19, NEWEST),
    few_bit_floats(18, 0.25, 19, NEWEST),
    few_bit_floats(19, 0.5, 19, NEWEST),
    few_bit_floats(20, 0.5, 19, NEWEST),
    few_bit_floats(17, 0.25, 19, NEWEST, saturate="<saturate = 0>"),
    few_bit_floats(23, 1.0, 23, NEWEST),
    few_bits(np.int8, 17, domain="com.microsoft."),
    Case(
        "com.microsoft.QuantizeLinear-sixteen-bits",
        "q = com.microsoft.QuantizeLinear(x, s, z)   y = com.microsoft.DequantizeLinear(q, s, z)",
        {"x": (2, 3, 4), "s": FINE["s"], "z": np.array(30000, np.uint16)},
        (17,),
        constant=("s", "z"),
        runtime="onnxruntime",
        step=0.05,
    ),
    few_bits(ml_dtypes.int4, 17, domain="com.microsoft."),
    # The scale: x/s² of each step that s is.
    averaged(
        "QuantizeLinear-scale",
        "q = QuantizeLinear <axis = 2> (dx, s, z)   e = DequantizeLinear(q, one)",
        {"x": np.array([[11.5, -20.0, 31.0], [21.0, 22.5, 1e3]])},
        (21, NEWEST),
        1.2,
        1e-3,
        {"z": np.array([0, 5, 9], np.int8), "one": np.array(1.0)},
        holds=("x",),
        s=np.array([0.2, 0.3, 0.4]),
    ),
    averaged(
        "QuantizeLinear-half",
        "h = Cast <to = 10> (dx)   t = Cast <to = 10> (s)   q = QuantizeLinear(h, t, z)"
        "   r = DequantizeLinear(q, t, z)   e = Cast <to = 11> (r)",
        {"x": np.array([-0.6, 0.1, 0.2, 2.0])},
        (19, NEWEST),
        0.25,
        0.1,
        {"s": np.array(0.0077), "z": np.array(-3, np.int8)},
    ),
    Case(
        "DequantizeLinear-scale",
        "y = DequantizeLinear(q, s, z)",
        {"s": np.array(0.1), **INTEGERS},
        (19, 21, NEWEST),
        constant=("q", "z"),
    ),
    Case(
        "DequantizeLinear-scale-axis",
        "y = DequantizeLinear <axis = -2> (q, s)",
        {"s": np.array([0.1, 0.2, 0.3]), "q": INTEGERS["q"]},
        (19, NEWEST),
        constant=("q",),
    ),
    Case(
        "DequantizeLinear-scale-blocks",
        "y = DequantizeLinear <axis = 1, block_size = 2> (q, s)",
        {"s": (2, 2, 4), "q": INTEGERS["q"]},
        (21, NEWEST),
        constant=("q",),
    ),
    Case(
        "DequantizeLinear-scale-int32",
        "y = DequantizeLinear(q, s)",
        {"s": np.array(0.1), "q": INTEGERS["q"].astype(np.int32)},
        (19, NEWEST),
        constant=("q",),
    ),
    Case(
        "com.microsoft.DequantizeLinear",
        "y = com.microsoft.DequantizeLinear <axis = 1> (q, s, z)",
        {"s": np.array([0.1, 0.2, 0.3]), "q": INTEGERS["q"].astype(np.int16), "z": np.array([4, 0, -9], np.int16)},
        (13,),
        constant=("q", "z"),
        runtime="onnxruntime",
    ),
    # The reference evaluator makes a float32 scale for doubles.
    averaged(
        "DynamicQuantizeLinear",
        "q, s, z = DynamicQuantizeLinear(dx)   e = DequantizeLinear(q, s, z)",
        {"x": np.array([-2.0, 0.5, 1.0, 3.0])},
        (11, 17),
        0.3,
        0.1,
        {},
        runtime="onnxruntime",
    ),
    *(
        Case(
            f"DynamicQuantizeLinear-scale-{name}",
            "q, s, z = DynamicQuantizeLinear(x)   d = CastLike(s, thousand)   y = Mul(d, thousand)",
            {"x": np.array(x), "thousand": np.array(1e3)},
            (15, NEWEST),
            constant=("thousand",),
            step=1e-2,
        )
        for name, x in SPANS.items()
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
