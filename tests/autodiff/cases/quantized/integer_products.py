"""Rows for `onnxcam/autodiff/rules/quantized/integer_products.py`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import Case, averaged, quantised

Array = NDArray[Any]

NAME = "com.microsoft."
NEWEST = 25  # that ONNX Runtime knows
RNG = np.random.default_rng(5)
IMAGE = {"a": RNG.uniform(-2, 2, (2, 5, 4))}
FILTERS = RNG.integers(-9, 9, (3, 2, 3, 3), np.int8)
MOVED = {"w": FILTERS, "zw": np.array(3, np.int8)}
LEFT = {"a": np.array([[0.3, -0.7, 0.9], [0.4, -0.2, -0.5]])}
BOTH = {**LEFT, "b": np.array([[0.3, -0.4], [0.5, 0.2], [0.1, -0.7]])}
WEIGHTS = RNG.integers(-9, 9, (3, 2), np.int8)
SUMS = "   c = Cast <to = 1> (i)   e = Mul(c, s)"
SCALE = np.array(1 / 64)
GROUPS = 500


def conv(name: str, node: str, *opsets: int, **constant: Any) -> Case:
    return quantised(f"ConvInteger-{name}", f"i = {node}{SUMS}", IMAGE, opsets=opsets, s=SCALE, **constant)


CASES: tuple[Case, ...] = (
    conv("strides", "ConvInteger <strides = [2, 1], pads = [1, 0, 1, 2]> (qa, w, za)", 10, 17, w=FILTERS),
    conv(
        "newest",
        "ConvInteger <dilations = [1, 2], pads = [0, 1, 0, 1]> (qa, w, za, zw)",
        18,
        NEWEST,
        w=FILTERS,
        zw=np.array(3, np.int8),
    ),
    conv("no-zero-points", "ConvInteger(qa, w)", 10, w=FILTERS, za=np.array(0, np.int8)),
    quantised(
        "ConvInteger-filter",
        f"f = Reshape(qb, filters)   r = ConvInteger <group = {GROUPS}> (x, f, zx, zb)   i = Reshape(r, images){SUMS}",
        {"b": RNG.uniform(-2, 2, (3, 2, 2, 2))},
        opsets=(10,),
        copies=GROUPS,
        sb=np.array(1 / 32),
        width=1 / 32,
        s=np.array(1 / 256),
        x=np.tile(RNG.integers(7, 13, (1, 2, 3, 4), np.uint8), (1, GROUPS, 1, 1)),
        zx=np.array(10, np.uint8),
        filters=np.array([-1, 2, 2, 2]),
        images=np.array([GROUPS, 3, 2, 3]),
    ),
    quantised("MatMulInteger", f"i = MatMulInteger(qa, qb, za, zb){SUMS}", BOTH, opsets=(10, 17), s=SCALE),
    quantised("MatMulInteger-newest", f"i = MatMulInteger(qa, qb, za, zb){SUMS}", BOTH, opsets=(18, NEWEST), s=SCALE),
    quantised(
        "MatMulInteger-columns",
        f"i = MatMulInteger(qa, w, za, zw){SUMS}",
        LEFT,
        opsets=(10,),
        s=SCALE,
        w=WEIGHTS,
        zw=np.array([3, -2], np.int8),
    ),
    quantised(
        "MatMulInteger-no-zero-points",
        f"i = MatMulInteger(qa, w){SUMS}",
        LEFT,
        opsets=(10,),
        s=SCALE,
        w=WEIGHTS,
        za=np.array(0, np.int8),
    ),
    averaged(
        f"{NAME}MatMulInteger16",
        f"qa = {NAME}QuantizeLinear(da, s, z)   qb = {NAME}QuantizeLinear(db, s, z)"
        f"   i = {NAME}MatMulInteger16(qa, qb){SUMS}",
        BOTH,
        (17,),
        1 / 64,
        0.1,
        {"s": SCALE, "z": np.array(0, np.int16)},
        runtime="onnxruntime",
    ),
    # No kernel in ONNX Runtime.
    quantised(
        f"{NAME}MulInteger",
        f"i = {NAME}MulInteger(qa, za, qb, zb){SUMS}",
        {"a": BOTH["a"], "b": BOTH["b"].T},
        s=SCALE,
        meaning="k = Cast <to = 6> (qa)   l = Cast <to = 6> (za)   m = Sub(k, l)   n = Cast <to = 6> (qb)"
        "   o = Cast <to = 6> (zb)   p = Sub(n, o)   i = Mul(m, p)",
    ),
    quantised(
        f"{NAME}MatMulIntegerToFloat",
        f"e = {NAME}MatMulIntegerToFloat(qa, w, sa, sw, za, zw, bias)",
        LEFT,
        w=WEIGHTS,
        zw=np.array([3, -2], np.int8),
        fed={"sw": np.array([0.3, 0.4]), "bias": np.array([1.0, 2.0])},
    ),
    quantised(
        f"{NAME}MatMulIntegerToFloat-tensor",
        f"e = {NAME}MatMulIntegerToFloat(qa, w, sa, sw)",
        LEFT,
        w=WEIGHTS,
        sw=np.array(0.3),
        za=np.array(0, np.uint8),
    ),
    averaged(
        f"{NAME}DynamicQuantizeMatMul",
        f"e = {NAME}DynamicQuantizeMatMul(da, w, sw, zw, bias)",
        LEFT,
        (17,),
        0.3,
        0.1,
        {"w": WEIGHTS, "zw": np.array([3, -2], np.int8)},
        runtime="onnxruntime",
        sw=np.array([0.3, 0.4]),
        bias=np.array([1.0, 2.0]),
    ),
    averaged(
        f"{NAME}DynamicQuantizeMatMul-tensor",
        f"e = {NAME}DynamicQuantizeMatMul(da, w, sw)",
        LEFT,
        (17,),
        0.3,
        0.1,
        {"w": WEIGHTS},
        runtime="onnxruntime",
        sw=np.array(0.3),
    ),
)
