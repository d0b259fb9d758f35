"""Networks as exporters write them, with random weights: made node by node, in sizes to choose."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

__all__ = ["DenseNet", "EfficientNet", "MobileNetV2", "Network", "ResNet", "ViT", "Writer", "save"]

CLASSES = 1000


class Writer:
    """Appends nodes and weights to a graph; a method's result is the name of a value."""

    def __init__(self) -> None:
        self.first_conv = ""
        self._rng = np.random.default_rng(0)
        self._nodes: list[onnx.NodeProto] = []
        self._weights: list[onnx.TensorProto] = []

    def model(self, y: str) -> onnx.ModelProto:
        """The model from the picture `x`, (N, 3, 224, 224), to the scores `y`, (N, 1000)."""
        info = helper.make_tensor_value_info
        inputs = [info("x", TensorProto.FLOAT, ["N", 3, 224, 224])]
        outputs = [info(y, TensorProto.FLOAT, ["N", CLASSES])]
        graph = helper.make_graph(self._nodes, "network", inputs, outputs, self._weights)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def node(self, op_type: str, *inputs: str, **attributes: Any) -> str:
        """A node of one output."""
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(op_type, inputs, [name], name=f"n{len(self._nodes)}", **attributes))
        return name

    def weight(self, *shape: int, fan_in: int = 100) -> str:
        """A random weight, so scaled that a product over `fan_in` of them keeps its size."""
        return self._stored(self._rng.standard_normal(shape).astype(np.float32) / np.float32(np.sqrt(fan_in)))

    def ones(self, size: int) -> str:
        """A weight of ones."""
        return self._stored(np.ones(size, np.float32))

    def constant(self, value: Any, dtype: str = "float32") -> str:
        """A Constant node, as exporters write small numbers."""
        return self.node("Constant", value=numpy_helper.from_array(np.array(value, dtype)))

    def conv(self, x: str, given: int, made: int, size: int = 1, stride: int = 1, group: int = 1) -> str:
        """A convolution with bias that keeps the size but for its stride."""
        fan_in = given // group * size * size
        weights = self.weight(made, given // group, size, size, fan_in=fan_in), self.weight(made)
        pads = [size // 2] * 4
        y = self.node("Conv", x, *weights, kernel_shape=[size] * 2, strides=[stride] * 2, pads=pads, group=group)
        self.first_conv = self.first_conv or y
        return y

    def dense(self, x: str, given: int, made: int) -> str:
        """A linear layer of an input of any rank."""
        return self.node("Add", self.node("MatMul", x, self.weight(given, made, fan_in=given)), self.weight(made))

    def head(self, x: str, given: int) -> str:
        """Global average pooling and a linear layer."""
        pooled = self.node("Flatten", self.node("GlobalAveragePool", x))
        return self.node("Gemm", pooled, self.weight(CLASSES, given, fan_in=given), self.weight(CLASSES), transB=1)

    def _stored(self, array: np.ndarray[Any, Any]) -> str:
        name = f"w{len(self._weights)}"
        self._weights.append(numpy_helper.from_array(array, name))
        return name


@dataclasses.dataclass(frozen=True)
class ResNet:
    """A ResNet of bottlenecks (He et al. 2015, table 1): 3, 4, 6, 3 blocks a stage are 50 layers, 3, 8, 36, 3 are 152.

    Batch normalisation is folded into the convolutions, or stands beside them, as in files of a network in training.
    """

    blocks: tuple[int, int, int, int]
    width: int = 64
    is_folded: bool = True

    def write(self, to: Writer) -> str:
        """Write the network; gives the scores."""
        x = self._conv(to, "x", 3, self.width, 7, 2)
        x = to.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        given = self.width
        for stage, blocks in enumerate(self.blocks):
            for block in range(blocks):
                x = self._bottleneck(to, x, given, self.width << stage, 2 if stage and not block else 1)
                given = 4 * self.width << stage
        return to.head(x, given)

    def _bottleneck(self, to: Writer, x: str, given: int, inner: int, stride: int) -> str:
        y = self._conv(to, x, given, inner, 1, 1)
        y = self._conv(to, y, inner, inner, 3, stride)
        y = self._conv(to, y, inner, 4 * inner, 1, 1, is_active=False)
        if given != 4 * inner:
            x = self._conv(to, x, given, 4 * inner, 1, stride, is_active=False)
        return to.node("Relu", to.node("Add", y, x))

    def _conv(
        self, to: Writer, x: str, given: int, made: int, size: int, stride: int, *, is_active: bool = True
    ) -> str:
        y = to.conv(x, given, made, size, stride)
        if not self.is_folded:
            y = to.node("BatchNormalization", y, *(to.ones(made) for _ in range(4)))
        return to.node("Relu", y) if is_active else y


@dataclasses.dataclass(frozen=True)
class DenseNet:
    """A DenseNet (Huang et al. 2017): 6, 12, 24, 16 layers a block are DenseNet-121. Each layer reads all before it."""

    layers: tuple[int, ...]
    growth: int = 32

    def write(self, to: Writer) -> str:
        """Write the network; gives the scores."""
        width = 2 * self.growth
        x = to.node("Relu", to.conv("x", 3, width, 7, 2))
        x = to.node("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
        for number, layers in enumerate(self.layers):
            if number:
                x, width = to.conv(self._active(to, x, width), width, width // 2), width // 2
                # Blocks beyond the four of the paper keep their size.
                x = to.node("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2]) if number < 4 else x
            parts = [x]
            for _ in range(layers):
                y = self._active(to, to.node("Concat", *parts, axis=1) if len(parts) > 1 else x, width)
                y = to.node("Relu", to.conv(y, width, 4 * self.growth))
                parts.append(to.conv(y, 4 * self.growth, self.growth, 3))
                width += self.growth
            x = to.node("Concat", *parts, axis=1)
        return to.head(self._active(to, x, width), width)

    def _active(self, to: Writer, x: str, width: int) -> str:
        return to.node("Relu", to.node("BatchNormalization", x, *(to.ones(width) for _ in range(4))))


@dataclasses.dataclass(frozen=True)
class MobileNetV2:
    """MobileNetV2 (Sandler et al. 2018, table 2), batch normalisation folded."""

    def write(self, to: Writer) -> str:
        """Write the network; gives the scores."""
        x, given = self._clipped(to, to.conv("x", 3, 32, 3, 2)), 32
        for factor, made, repeats, stride in (
            (1, 16, 1, 1),
            (6, 24, 2, 2),
            (6, 32, 3, 2),
            (6, 64, 4, 2),
            (6, 96, 3, 1),
            (6, 160, 3, 2),
            (6, 320, 1, 1),
        ):
            for block in range(repeats):
                x = self._inverted_residual(to, x, given, made, factor, 1 if block else stride)
                given = made
        return to.head(self._clipped(to, to.conv(x, given, 1280)), 1280)

    def _inverted_residual(self, to: Writer, x: str, given: int, made: int, factor: int, stride: int) -> str:
        inner = factor * given
        y = self._clipped(to, to.conv(x, given, inner)) if factor > 1 else x
        y = self._clipped(to, to.conv(y, inner, inner, 3, stride, group=inner))
        y = to.conv(y, inner, made)
        return to.node("Add", x, y) if stride == 1 and given == made else y

    def _clipped(self, to: Writer, x: str) -> str:
        return to.node("Clip", x, to.constant(0.0), to.constant(6.0))


@dataclasses.dataclass(frozen=True)
class EfficientNet:
    """EfficientNet-B0 (Tan and Le 2019, table 1), batch normalisation folded."""

    def write(self, to: Writer) -> str:
        """Write the network; gives the scores."""
        x, given = self._active(to, to.conv("x", 3, 32, 3, 2)), 32
        for factor, made, repeats, stride, size in (
            (1, 16, 1, 1, 3),
            (6, 24, 2, 2, 3),
            (6, 40, 2, 2, 5),
            (6, 80, 3, 2, 3),
            (6, 112, 3, 1, 5),
            (6, 192, 4, 2, 5),
            (6, 320, 1, 1, 3),
        ):
            for block in range(repeats):
                x = self._block(to, x, given, made, factor, 1 if block else stride, size)
                given = made
        return to.head(self._active(to, to.conv(x, given, 1280)), 1280)

    def _block(self, to: Writer, x: str, given: int, made: int, factor: int, stride: int, size: int) -> str:
        inner = factor * given
        y = self._active(to, to.conv(x, given, inner)) if factor > 1 else x
        y = self._active(to, to.conv(y, inner, inner, size, stride, group=inner))
        gate = self._active(to, to.conv(to.node("GlobalAveragePool", y), inner, max(1, given // 4)))
        y = to.node("Mul", y, to.node("Sigmoid", to.conv(gate, max(1, given // 4), inner)))
        y = to.conv(y, inner, made)
        return to.node("Add", x, y) if stride == 1 and given == made else y

    def _active(self, to: Writer, x: str) -> str:
        return to.node("Mul", x, to.node("Sigmoid", x))


@dataclasses.dataclass(frozen=True)
class ViT:
    """A vision transformer (Dosovitskiy et al. 2021), its normalisations and Gelu in primitive operators.

    12 blocks of width 768 are ViT-B/16. Shapes are computed in the graph, as exporters do for a batch of any size.
    """

    blocks: int
    width: int = 768
    heads: int = 12

    def write(self, to: Writer) -> str:
        """Write the network; gives the scores."""
        weights = to.weight(self.width, 3, 16, 16, fan_in=768), to.weight(self.width)
        x = to.first_conv = to.node("Conv", "x", *weights, kernel_shape=[16, 16], strides=[16, 16])
        x = to.node("Reshape", x, self._shape(to, x, self.width, -1))
        x = to.node("Transpose", x, perm=[0, 2, 1])
        batch = self._shape(to, x, 1, self.width)
        token = to.node("Expand", to.weight(1, 1, self.width), batch)
        x = to.node("Add", to.node("Concat", token, x, axis=1), to.weight(1, 197, self.width))
        for _ in range(self.blocks):
            x = to.node("Add", x, self._attention(to, self._norm(to, x)))
            y = to.dense(self._norm(to, x), self.width, 4 * self.width)
            x = to.node("Add", x, to.dense(self._gelu(to, y), 4 * self.width, self.width))
        x = to.node("Gather", self._norm(to, x), to.constant(0, "int64"), axis=1)
        return to.node("Gemm", x, to.weight(CLASSES, self.width, fan_in=self.width), to.weight(CLASSES), transB=1)

    def _attention(self, to: Writer, x: str) -> str:
        size = self.width // self.heads
        parts = to.node("Reshape", to.dense(x, self.width, 3 * self.width), self._shape(to, x, -1, 3, self.heads, size))
        parts = to.node("Transpose", parts, perm=[2, 0, 3, 1, 4])
        q, k, v = (to.node("Gather", parts, to.constant(i, "int64"), axis=0) for i in range(3))
        q = to.node("Mul", q, to.constant(size**-0.5))
        weights = to.node("Softmax", to.node("MatMul", q, to.node("Transpose", k, perm=[0, 1, 3, 2])), axis=-1)
        y = to.node("Transpose", to.node("MatMul", weights, v), perm=[0, 2, 1, 3])
        return to.dense(to.node("Reshape", y, self._shape(to, x, -1, self.width)), self.width, self.width)

    def _norm(self, to: Writer, x: str) -> str:
        centred = to.node("Sub", x, to.node("ReduceMean", x, axes=[-1]))
        squared = to.node("Pow", centred, to.constant(2.0))
        variance = to.node("Add", to.node("ReduceMean", squared, axes=[-1]), to.constant(1e-6))
        scaled = to.node("Div", centred, to.node("Sqrt", variance))
        return to.node("Add", to.node("Mul", scaled, to.ones(self.width)), to.weight(self.width))

    def _gelu(self, to: Writer, x: str) -> str:
        erf = to.node("Erf", to.node("Div", x, to.constant(2**0.5)))
        return to.node("Mul", to.node("Mul", x, to.node("Add", erf, to.constant(1.0))), to.constant(0.5))

    def _shape(self, to: Writer, x: str, *sizes: int) -> str:
        """The batch size of `x`, computed, and `sizes`."""
        batch = to.node("Gather", to.node("Shape", x), to.constant(0, "int64"), axis=0)
        parts = [to.node("Unsqueeze", batch, to.constant([0], "int64")), *(to.constant([s], "int64") for s in sizes)]
        return to.node("Concat", *parts, axis=0)


class Network(Protocol):
    """What can be written."""

    def write(self, to: Writer) -> str:
        """Write the network; gives the scores."""


def save(network: Network, folder: Path) -> tuple[Path, str, int]:
    """Write a network into a folder; gives the file, the value of its first convolution, and how many nodes it has."""
    writer = Writer()
    model = writer.model(network.write(writer))
    path = folder / "network.onnx"
    onnx.save(model, path)
    return path, writer.first_conv, len(model.graph.node)
