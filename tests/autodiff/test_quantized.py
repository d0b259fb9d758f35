"""Operators on quantised values: straight through the rounding, and not through what is clipped.

What rounds has no differences to be held against. So each is held against those of the floats that it stands for, at
the numbers that the quantised inputs stand for, and where its own result lies within the range; and that result against
the floats', to a step of quantisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnxcam.autodiff.check import pull_back, run_reference
from onnxcam.graph import SHAPE_SUFFIX, Model, load
from tests.autodiff.quantized_rows import ROWS, Array, QuantizedRow
from tests.autodiff.test_rules import run_checked, run_onnxruntime

ZERO = {np.uint8: 128, np.int8: 3}
HEADER = '<ir_version: 8, opset_import: ["" : 21, "com.microsoft" : 1]>'
FINE = 0.01  # the scale of integers of 16 bits
DIRECTIONS, STEP = 3, 1e-6


def quantize(row: QuantizedRow, array: Array, step: float, dtype: Any = None) -> Array:
    limits = np.iinfo(dtype or row.dtype)
    zero = 0 if dtype else ZERO[row.dtype]  # type: ignore[index]
    return np.clip(np.rint(array / step) + zero, limits.min, limits.max).astype(limits.dtype)


def seen(row: QuantizedRow, array: Array) -> Array:
    """The numbers that the quantised ones stand for."""
    return (quantize(row, array, row.step).astype(np.float64) - ZERO[row.dtype]) * row.step  # type: ignore[index]


def constants(row: QuantizedRow) -> dict[str, Array]:
    found: dict[str, Array] = dict(row.others)
    for name in (*row.inputs, *row.weights):
        found |= {f"{name}_s": np.array(row.step, np.float32), f"{name}_z": np.array(ZERO[row.dtype], row.dtype)}  # type: ignore[index]
    found |= {f"{name}_q": quantize(row, array, row.step) for name, array in row.weights.items()}
    if row.output_step is not None:
        found |= {"y_s": np.array(row.output_step, np.float32), "y_z": np.array(ZERO[row.dtype], row.dtype)}  # type: ignore[index]
    return found


def build(row: QuantizedRow, folder: Path) -> Model:
    given = ", ".join(f"float[{', '.join(map(str, a.shape))}] {n}" for n, a in row.inputs.items())
    entering = " ".join(f"{n}_q = QuantizeLinear({n}, {n}_s, {n}_z)" for n in row.inputs)
    leaving = "y = DequantizeLinear(y_q, y_s, y_z)" if row.output_step is not None else ""
    proto = onnx.parser.parse_model(f"{HEADER} g ({given}) => (float[1] y) {{ {entering} {row.node} {leaving} }}")
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in constants(row).items())
    onnx.save(proto, folder / "quantized.onnx")
    return load(folder / "quantized.onnx")


def in_floats(row: QuantizedRow, given: Mapping[str, Array]) -> Array:
    """What the row means, in float64."""
    known = {n: seen(row, a) for n, a in row.weights.items()} | {"unit": np.array(row.step**2)}
    known |= {f"{n}_s": np.array(row.step) for n in row.inputs}
    known |= {n: a.astype(np.float64) if a.dtype.kind == "f" else a for n, a in row.others.items()}
    inputs = ", ".join(f"double[{', '.join(map(str, a.shape))}] {n}" for n, a in given.items())
    proto = onnx.parser.parse_model(f"{HEADER} g ({inputs}) => (double[1] y) {{ {row.meaning} }}")
    read = {name for node in proto.graph.node for name in node.input}
    proto.graph.initializer.extend(onnx.numpy_helper.from_array(a, n) for n, a in known.items() if n in read)
    return run_reference(proto, given)["y"]


def emulated(row: QuantizedRow) -> dict[str, Array]:
    """The values of the quantised model where no runtime here has the operator."""
    fine = {n: quantize(row, a, FINE, np.int16) * FINE for n, a in row.inputs.items()}
    y = in_floats(row, fine if "16" in row.id else {n: seen(row, a) for n, a in row.inputs.items()})
    values = {"y": y} | {f"{n}_q": quantize(row, a, row.step) for n, a in row.inputs.items()}
    values |= {f"{n}_16": quantize(row, a, FINE, np.int16) for n, a in row.inputs.items()}
    values["i"] = np.rint(y).astype(np.int32)
    if row.output_step is not None:
        values["y_q"] = quantize(row, y, row.output_step)
    return values | {f"{n}{SHAPE_SUFFIX}": np.array(np.shape(a)) for n, a in values.items()}


@pytest.mark.parametrize("row", ROWS, ids=[r.id for r in ROWS])
def test_the_gradient_is_that_of_the_floats(row: QuantizedRow, tmp_path: Path) -> None:
    model = build(row, tmp_path)
    feeds = {n: a.astype(np.float32) for n, a in row.inputs.items()}
    at = {n: seen(row, a) for n, a in row.inputs.items()}
    if "Dynamic" in row.id:  # quantised by the operator itself
        at = {n: a.astype(np.float64) for n, a in feeds.items()}
    elif "16" in row.id:
        at = {n: quantize(row, a, FINE, np.int16) * FINE for n, a in feeds.items()}
    floats = in_floats(row, at)
    run = run_onnxruntime if row.is_run else lambda *_: emulated(row)
    result = run_onnxruntime(_with(model, "y_q"), feeds) if row.is_run else emulated(row)
    is_within = np.ones(floats.shape, dtype=bool)
    if row.output_step is not None:
        limits = np.iinfo(row.dtype)
        is_within = (result["y_q"] > limits.min) & (result["y_q"] < limits.max)
        assert is_within.all() == ("clipped" not in row.id)
        assert np.abs(result["y"] - floats)[is_within].max() <= 1.01 * row.output_step
    elif "Dynamic" not in row.id and "16" not in row.id:
        np.testing.assert_allclose(result["y"], floats, rtol=1e-4, atol=1e-3)
    rng = np.random.default_rng(0)
    cotangent = rng.standard_normal(floats.shape)
    for name in row.inputs:
        gradient = pull_back(model, feeds, name, {"y": cotangent}, run, run_checked)
        for _ in range(DIRECTIONS):
            direction = rng.standard_normal(at[name].shape)
            ends = [in_floats(row, {**at, name: at[name] + sign * STEP * direction}) for sign in (1, -1)]
            wanted = np.sum(cotangent * is_within * (ends[0] - ends[1])) / (2 * STEP)
            found, scale = float(np.sum(gradient * direction)), max(1.0, float(np.abs(gradient).max()))
            assert found == pytest.approx(wanted, rel=1e-3, abs=1e-3 * scale)


def _with(model: Model, name: str) -> onnx.ModelProto:
    """The model with a value as an output too, if it has it."""
    proto = onnx.load(model.path)
    if any(name in node.output for node in proto.graph.node):
        proto.graph.output.append(onnx.ValueInfoProto(name=name))
    return proto
