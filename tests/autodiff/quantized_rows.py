"""Rows of operators on quantised values: what they compute in floats, for tests/autodiff/test_quantized.py."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
RNG = np.random.default_rng(5)


@dataclasses.dataclass(frozen=True)
class QuantizedRow:
    """An operator on quantised values.

    Attributes:
        id: The operator with its domain, then what is special.
        node: The node in ONNX text. It reads `a_q` with scale `a_s` and zero point `a_z`, and so on, and makes `y_q`
            with `y_s` and `y_z`; or a float or int32 `y`.
        meaning: What makes `y` of the real numbers a, b, ….
        inputs: The real numbers that are quantised on the way in, differentiated for.
        weights: Numbers that are constants of the model, quantised.
        step: The scale of every input and weight.
        output_step: That of y; None where the node makes no quantised value.
        dtype: Of the quantised values.
        others: Further constants.
        is_run: Whether ONNX Runtime runs the operator on the CPU.
    """

    id: str
    node: str
    meaning: str
    inputs: dict[str, Array]
    weights: dict[str, Array] = dataclasses.field(default_factory=dict)
    step: float = 0.02
    output_step: float | None = 0.04
    dtype: type[np.integer[Any]] = np.uint8
    others: dict[str, Array] = dataclasses.field(default_factory=dict)
    is_run: bool = True


def real(*shape: int) -> Array:
    return RNG.uniform(-1.2, 1.2, shape)


A, B = "a_q, a_s, a_z", "b_q, b_s, b_z"
Y = "y_s, y_z"
ITEM = "com.microsoft."


def pair(op_type: str, shape: tuple[int, ...] = (2, 3), name: str = "", **more: Any) -> QuantizedRow:
    inputs = {"a": real(2, 3), "b": real(*shape)}
    node = f"y_q = {ITEM}QLinear{op_type}({A}, {B}, {Y})"
    return QuantizedRow(f"{ITEM}QLinear{op_type}{name}", node, f"y = {op_type}(a, b)", inputs, **more)


def one(
    op_type: str, attributes: str, meaning: str, shape: tuple[int, ...], name: str = "", **more: Any
) -> QuantizedRow:
    node = f"y_q = {ITEM}{op_type} <{attributes}> ({A}, {Y})".replace("<> ", "")
    return QuantizedRow(f"{ITEM}{op_type}{name}", node, meaning, {"a": real(*shape)}, **more)


IMAGE, FILTERS = (2, 3, 5, 5), (4, 3, 3, 3)
CONV = "pads = [1, 1, 1, 1], strides = [2, 2]"
LAST = "Transpose <perm = [0, 3, 1, 2]> (a)"
PACKED = RNG.integers(0, 256, (5, 2, 8), dtype=np.uint8)
SCALES = RNG.uniform(0.05, 0.2, (5, 2)).astype(np.float32)

ROWS = (
    pair("Add"),
    pair("Add", (3,), "-broadcast", dtype=np.int8),
    pair("Add", name="-clipped", output_step=0.008),
    pair("Mul"),
    pair("Mul", (1, 3), "-broadcast", dtype=np.int8),
    QuantizedRow(
        f"{ITEM}QLinearWhere",
        f"y_q = {ITEM}QLinearWhere(c, {A}, {B}, {Y})",
        "y = Where(c, a, b)",
        {"a": real(2, 3), "b": real(2, 3)},
        others={"c": np.array([[True, False, True], [False, False, True]])},
    ),
    QuantizedRow(
        f"{ITEM}QLinearConcat",
        f"y_q = {ITEM}QLinearConcat <axis = 1> ({Y}, {A}, {B})",
        "y = Concat <axis = 1> (a, b)",
        {"a": real(2, 3), "b": real(2, 2)},
    ),
    one("QLinearLeakyRelu", "alpha = 0.3", "y = LeakyRelu <alpha = 0.3> (a)", (2, 3)),
    one("QLinearSigmoid", "", "y = Sigmoid(a)", (2, 3), output_step=0.01),
    one("QLinearSoftmax", "axis = 1, opset = 13", "y = Softmax <axis = 1> (a)", (2, 3, 4), output_step=0.01),
    one(
        "QLinearSoftmax",
        "axis = 1, opset = 12",
        "f = Flatten <axis = 1> (a) s = Softmax <axis = 1> (f) sizes = Shape(a) y = Reshape(s, sizes)",
        (2, 3, 4),
        "-flattened",
        output_step=0.01,
    ),
    one(
        "QLinearAveragePool",
        f"kernel_shape = [2, 2], {CONV}",
        f"y = AveragePool <kernel_shape = [2, 2], {CONV}> (a)",
        IMAGE,
    ),
    one(
        "QLinearAveragePool",
        "kernel_shape = [2, 2], channels_last = 1",
        f"t = {LAST} p = AveragePool <kernel_shape = [2, 2]> (t) y = Transpose <perm = [0, 2, 3, 1]> (p)",
        (2, 5, 5, 3),
        "-channels-last",
    ),
    one("QLinearGlobalAveragePool", "", "y = GlobalAveragePool(a)", IMAGE, output_step=0.01),
    one(
        "QLinearGlobalAveragePool",
        "channels_last = 1",
        f"t = {LAST} p = GlobalAveragePool(t) y = Transpose <perm = [0, 2, 3, 1]> (p)",
        (2, 4, 4, 3),
        "-channels-last",
        output_step=0.01,
    ),
    one(
        "QLinearReduceMean",
        "axes = [1], keepdims = 0",
        "axes = Constant <value_ints = [1]> () y = ReduceMean <keepdims = 0> (a, axes)",
        (2, 3, 4),
        is_run=False,
    ),
    QuantizedRow(
        "QLinearConv",
        f"y_q = QLinearConv <{CONV}> ({A}, w_q, w_s, w_z, {Y})",
        f"y = Conv <{CONV}> (a, w)",
        {"a": real(*IMAGE)},
        {"w": real(*FILTERS)},
        output_step=0.1,
    ),
    QuantizedRow(
        "QLinearConv-groups",
        f"y_q = QLinearConv <group = 3> ({A}, w_q, w_s, w_z, {Y})",
        "y = Conv <group = 3> (a, w)",
        {"a": real(*IMAGE)},
        {"w": real(6, 1, 2, 2)},
        dtype=np.int8,
    ),
    QuantizedRow(
        f"{ITEM}QLinearConv",
        f"y_q = {ITEM}QLinearConv <{CONV}, channels_last = 1> ({A}, w_q, w_s, w_z, {Y})",
        f"t = {LAST} c = Conv <{CONV}> (t, w) y = Transpose <perm = [0, 2, 3, 1]> (c)",
        {"a": real(2, 5, 5, 3)},
        {"w": real(*FILTERS)},
        output_step=0.1,
    ),
    QuantizedRow(
        "QLinearMatMul",
        f"y_q = QLinearMatMul({A}, {B}, {Y})",
        "y = MatMul(a, b)",
        {"a": real(2, 3), "b": real(3, 4)},
    ),
    QuantizedRow(
        f"{ITEM}QGemm",
        f"y_q = {ITEM}QGemm <transB = 1, alpha = 0.5> ({A}, w_q, w_s, w_z, , {Y})",
        "y = Gemm <transB = 1, alpha = 0.5> (a, w)",
        {"a": real(2, 3)},
        {"w": real(4, 3)},
    ),
    QuantizedRow(
        f"{ITEM}QGemm-float",
        f"y = {ITEM}QGemm ({A}, w_q, w_s, w_z)",
        "y = Gemm(a, w)",
        {"a": real(2, 3)},
        {"w": real(3, 4)},
        output_step=None,
    ),
    QuantizedRow(
        "ConvInteger",
        f"i = ConvInteger <{CONV}> (a_q, w_q, a_z, w_z) y = Cast <to = 1> (i)",
        f"c = Conv <{CONV}> (a, w) y = Div(c, unit)",
        {"a": real(*IMAGE)},
        {"w": real(*FILTERS)},
        output_step=None,
    ),
    QuantizedRow(
        "MatMulInteger",
        "i = MatMulInteger(a_q, b_q, a_z, b_z) y = Cast <to = 1> (i)",
        "c = MatMul(a, b) y = Div(c, unit)",
        {"a": real(2, 3), "b": real(3, 4)},
        output_step=None,
    ),
    QuantizedRow(
        f"{ITEM}MulInteger",
        f"i = {ITEM}MulInteger(a_q, a_z, b_q, b_z) y = Cast <to = 1> (i)",
        "c = Mul(a, b) y = Div(c, unit)",
        {"a": real(2, 3), "b": real(3)},
        output_step=None,
        is_run=False,
    ),
    QuantizedRow(
        f"{ITEM}ReduceSumInteger",
        f"i = {ITEM}ReduceSumInteger <axes = [1]> (a_q) y = Cast <to = 1> (i)",
        "axes = Constant <value_ints = [1]> () c = ReduceSum(a, axes) y = Div(c, a_s)",
        {"a": real(2, 3)},
        output_step=None,
        is_run=False,
    ),
    QuantizedRow(
        f"{ITEM}MatMulInteger16",
        "a_16 = QuantizeLinear <output_dtype = 5> (a, fine) b_16 = QuantizeLinear <output_dtype = 5> (b, fine)"
        f" i = {ITEM}MatMulInteger16(a_16, b_16) y = Cast <to = 1> (i)",
        "c = MatMul(a, b) f = Mul(fine, fine) y = Div(c, f)",
        {"a": real(2, 3), "b": real(3, 4)},
        output_step=None,
        is_run=False,
        others={"fine": np.array(0.01, np.float32)},
    ),
    QuantizedRow(
        f"{ITEM}MatMulIntegerToFloat",
        f"y = {ITEM}MatMulIntegerToFloat(a_q, w_q, a_s, w_s, a_z, w_z, bias)",
        "m = MatMul(a, w) y = Add(m, bias)",
        {"a": real(2, 3)},
        {"w": real(3, 4)},
        output_step=None,
        others={"bias": np.array([1, 2, 3, 4], np.float32)},
    ),
    QuantizedRow(
        f"{ITEM}DynamicQuantizeMatMul",
        f"y = {ITEM}DynamicQuantizeMatMul(a, w_q, w_s, w_z)",
        "y = MatMul(a, w)",
        {"a": real(2, 3)},
        {"w": real(3, 4)},
        output_step=None,
    ),
)
