"""Float counterparts of quantised files, written with onnx and numpy alone.

The float twin is the same function without the rounding: a quantised value is itself as a real number less its zero
point, and what lies beyond the quantiser's range is clipped, as in the file (a zero point at the end of the range is a
fused Relu). The rounded twin is the same function to the bit or nearly: float operators between QuantizeLinear and
DequantizeLinear.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

__all__ = ["float_twin", "rounded_twin"]

Array = NDArray[Any]


def float_twin(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which every quantised operator is its float counterpart; values keep their names."""
    return _rewritten(model, is_rounded=False)


def rounded_twin(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy in which every operator on integers is its float counterpart, on dequantised values; names stay."""
    return _rewritten(model, is_rounded=True)


def _rewritten(model: onnx.ModelProto, *, is_rounded: bool) -> onnx.ModelProto:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.ir_version = max(copy.ir_version, 4)  # before, every initializer had to be an input
    graph = copy.graph
    writer = _Writer({t.name: numpy_helper.to_array(t) for t in graph.initializer}, is_rounded)
    for node in graph.node:
        write = WRITERS.get(node.op_type)
        if write is None or (is_rounded and node.op_type in ROUNDING):
            writer.nodes.append(node)
        else:
            write(writer, node)
    nodes, read = list(writer.nodes), {name for node in writer.nodes for name in node.input}
    inputs = [i for i in graph.input if i.name not in writer.arrays]
    del graph.node[:], graph.initializer[:], graph.value_info[:], graph.input[:]
    graph.node.extend(nodes)
    graph.initializer.extend(numpy_helper.from_array(a, n) for n, a in writer.arrays.items() if n in read)
    graph.input.extend(inputs)
    return copy


@dataclasses.dataclass
class _Writer:
    """The twin's nodes and constants so far."""

    arrays: dict[str, Array]
    is_rounded: bool
    nodes: list[onnx.NodeProto] = dataclasses.field(default_factory=list)

    def constant(self, array: Array) -> str:
        name = f"twin_{len(self.arrays)}"
        self.arrays[name] = np.asarray(array, dtype=np.float32)
        return name

    def add(self, op_type: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"twin_value_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op_type, inputs, [output], **attributes))
        return output

    def real(self, quantised: str, scale: str, zero: str, axis: int = 1) -> str:
        """A quantised value times its scale; a constant is dequantised here and now."""
        factor = self.arrays[scale].astype(np.float64)
        if quantised not in self.arrays and self.is_rounded:
            return self.add("DequantizeLinear", [quantised, scale, zero])
        if quantised not in self.arrays:
            return self.add("Mul", [quantised, self.constant(factor)])
        weights = self.arrays[quantised].astype(np.float64)
        shape = [-1 if i == axis else 1 for i in range(weights.ndim)] if factor.size > 1 else []
        return self.constant((weights - self.zero(zero).reshape(shape)) * factor.reshape(shape))

    def quantise(self, real: str, scale: str, zero: str, output: str) -> None:
        """A real value over the scale, cut to what the integers of the zero point's type reach, or rounded to them."""
        if self.is_rounded:
            self.add("QuantizeLinear", [real, scale, zero], output)
            return
        limits = np.iinfo(self.arrays[zero].dtype)
        scaled = self.add("Div", [real, self.constant(self.arrays[scale])])
        at_least = self.add("Max", [scaled, self.constant(limits.min - self.zero(zero))])
        self.add("Min", [at_least, self.constant(limits.max - self.zero(zero))], output)

    def zero(self, name: str) -> Array:
        return self.arrays[name].astype(np.float64)


def _attributes(node: onnx.NodeProto) -> dict[str, Any]:
    return {a.name: helper.get_attribute_value(a) for a in node.attribute}


def _quantize_linear(writer: _Writer, node: onnx.NodeProto) -> None:
    writer.quantise(*node.input, node.output[0])


def _dequantize_linear(writer: _Writer, node: onnx.NodeProto) -> None:
    real = writer.real(*node.input, axis=_attributes(node).get("axis", 1))
    writer.add("Identity", [real], node.output[0])


def _qlinear_conv(writer: _Writer, node: onnx.NodeProto) -> None:
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, *bias = node.input
    operands = [writer.real(x, x_scale, x_zero), writer.real(w, w_scale, w_zero, axis=0)]
    operands += [writer.constant(writer.arrays[b] * (writer.zero(x_scale) * writer.zero(w_scale))) for b in bias]
    writer.quantise(writer.add("Conv", operands, **_attributes(node)), y_scale, y_zero, node.output[0])


def _qlinear_binary(writer: _Writer, node: onnx.NodeProto) -> None:
    a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = node.input
    operands = [writer.real(a, a_scale, a_zero), writer.real(b, b_scale, b_zero)]
    writer.quantise(writer.add(node.op_type.removeprefix("QLinear"), operands), y_scale, y_zero, node.output[0])


def _integer_product(writer: _Writer, node: onnx.NodeProto) -> None:
    x, w, x_zero, w_zero = node.input
    one = writer.constant(np.ones(()))
    operands = [writer.real(x, one, x_zero), writer.real(w, one, w_zero)]
    writer.add(node.op_type.removesuffix("Integer"), operands, node.output[0], **_attributes(node))


WRITERS = {
    "ConvInteger": _integer_product,
    "DequantizeLinear": _dequantize_linear,
    "MatMulInteger": _integer_product,
    "QLinearAdd": _qlinear_binary,
    "QLinearConv": _qlinear_conv,
    "QLinearMatMul": _qlinear_binary,
    "QuantizeLinear": _quantize_linear,
}
ROUNDING = {"QuantizeLinear", "DequantizeLinear"}
