"""Rows for `onnxcam/autodiff/rules/quantized/qlinear_products.py`.

Products of multiples of the inputs' scales are multiples of the results' scale.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import Case, quantised

Array = NDArray[Any]
Arrays = dict[str, Array]

NAME = "com.microsoft."
NEWEST = 25  # that ONNX Runtime knows
RNG = np.random.default_rng(4)
FILTERS = {"w": RNG.integers(-2, 3, (4, 2, 3, 3), np.int8), "sw": np.array(1 / 2), "zw": np.array(0, np.int8)}
PER_FILTER = {"sw": np.array([1 / 2, 1 / 4, 1 / 4, 1 / 2]), "zw": np.zeros(4, np.int8)}
# Two whose results are far outside the range of one whose results are not.
CLIPPED = np.stack([np.full((2, 3, 3), n, np.int8) for n in (2, -2)] + [f - np.flip(f) for f in FILTERS["w"][2:]])
IMAGE = {"a": RNG.uniform(-0.1, 0.1, (2, 5, 4))}
TURNED = {"a": np.moveaxis(IMAGE["a"], 0, -1)}
IMAGE_SETTINGS = {"to": (1 / 128, np.uint8(128)), "sa": np.array(1 / 32), "width": 1 / 32, "step": 0.05}
# Many copies of filters are many groups.
GROUPS = 500
MOVED_FILTERS = {"b": RNG.uniform(-0.1, 0.1, (3, 2, 2, 2))}

SMALL = {"a": np.array([[0.3, -0.7, 0.9], [0.4, -0.2, -0.5]]), "b": np.array([[0.3, -0.4], [0.5, 0.2], [0.1, -0.7]])}
EIGHTHS = {"sa": np.array(1 / 8), "sb": np.array(1 / 8), "zb": np.array(9, np.int8), "width": 1 / 8}
PRODUCT = {"to": (1 / 64, np.uint8(127)), **EIGHTHS}
COLUMNS = {"w": RNG.integers(-2, 4, (3, 2), np.int8), "sw": np.array([1 / 8, 1 / 4]), "zw": np.array([3, -2], np.int8)}


def conv(name: str, form: str, *opsets: int, domain: str = "", image: Arrays = IMAGE, **filters: Array) -> Case:
    node = f"q = {domain}QLinearConv <{form}> (qa, sa, za, w, sw, zw, sy, zy)"
    settings: dict[str, Any] = {**FILTERS, **IMAGE_SETTINGS, **filters}
    return quantised(f"{domain}QLinearConv-{name}", node, image, opsets=opsets, **settings)


def matmul(name: str, node: str, *opsets: int, **constant: Any) -> Case:
    moved = SMALL if "qb" in node else {"a": SMALL["a"]}
    return quantised(name, node, moved, opsets=opsets, **{**PRODUCT, **constant})


def gemm(name: str, form: str, inputs: str, **constant: Any) -> Case:
    node = f"q = {NAME}QGemm {form} (qa, sa, za, w, sw, zw, {inputs})"
    return quantised(f"{NAME}QGemm-{name}", node, {"a": SMALL["a"][0]}, **{**PRODUCT, **COLUMNS, **constant})


ONE_SCALE = {"sw": np.array(1 / 8), "zw": np.array(3, np.int8)}

CASES: tuple[Case, ...] = (
    conv("strides", "strides = [2, 1], pads = [1, 0, 1, 2]", 10, 17),
    conv("newest", "dilations = [1, 2], pads = [0, 1, 0, 1]", 18, NEWEST),
    conv("each-filter", "pads = [1, 1, 1, 1]", 10, **PER_FILTER),
    conv("groups", "group = 2, pads = [1, 1, 1, 1]", 10, w=FILTERS["w"][:, :1]),
    conv("same", 'auto_pad = "SAME_UPPER", strides = [2, 2]', 10),
    conv("clipped", "kernel_shape = [3, 3]", 10, image={"a": IMAGE["a"] + 1}, w=CLIPPED),
    conv("channels-first", "pads = [1, 1, 1, 1]", 17, domain=NAME),
    conv("channels-last", "pads = [1, 1, 1, 1], channels_last = 1", 17, domain=NAME, image=TURNED),
    quantised(
        "QLinearConv-filter",
        f"f = Reshape(qb, filters)   r = QLinearConv <group = {GROUPS}> (x, sx, zx, f, sb, zb, sy, zy)"
        "   q = Reshape(r, images)",
        MOVED_FILTERS,
        opsets=(10,),
        to=(1 / 128, np.uint8(128)),
        width=1 / 32,
        step=0.05,
        copies=GROUPS,
        sb=np.array(1 / 32),
        zb=np.array(0, np.int8),
        x=np.tile(RNG.integers(7, 13, (1, 2, 3, 4), np.uint8), (1, GROUPS, 1, 1)),
        sx=np.array(1 / 4),
        zx=np.array(10, np.uint8),
        filters=np.array([-1, 2, 2, 2]),
        images=np.array([GROUPS, 3, 2, 3]),
    ),
    matmul("QLinearMatMul", "q = QLinearMatMul(qa, sa, za, qb, sb, zb, sy, zy)", 10, 17),
    matmul("QLinearMatMul-newest", "q = QLinearMatMul(qa, sa, za, qb, sb, zb, sy, zy)", 21, NEWEST),
    matmul("QLinearMatMul-columns", "q = QLinearMatMul(qa, sa, za, w, sw, zw, sy, zy)", 10, **COLUMNS),
    gemm("columns", "", "c, sy, zy", c=np.array([4, -9], np.int32)),
    gemm(
        "turned", "<transB = 1, alpha = 2.0>", ", sy, zy", w=COLUMNS["w"].T, sw=np.array(1 / 8), zw=np.array(3, np.int8)
    ),
    gemm("turned-columns", "<transB = 1>", ", sy, zy", w=COLUMNS["w"].T),
    quantised(
        f"{NAME}QGemm-float",
        f"e = {NAME}QGemm(qa, sa, za, w, sw, zw, c)",
        {"a": SMALL["a"][0]},
        c=np.array([40, -9], np.int32),
        **EIGHTHS,
        **COLUMNS,
    ),
    # The copies stand side by side, and are turned.
    quantised(
        f"{NAME}QGemm-left",
        f"t = Transpose <perm = [1, 0]> (qa)   q = {NAME}QGemm <transA = 1> (t, sa, za, w, sw, zw, , sy, zy)",
        {"a": SMALL["a"][0]},
        **PRODUCT,
        **COLUMNS,
    ),
)
