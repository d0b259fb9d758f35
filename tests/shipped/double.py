"""A file in double precision: onnx's reference evaluator, with what it computes slowly, in float32 or not at all."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

__all__ = ["doubled", "open_double"]

Array = NDArray[Any]
NARROW = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16)


def doubled(model: onnx.ModelProto, output: str) -> onnx.ModelProto:
    """A copy whose floats are doubles, and which ends in the value `output`."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    _double_graph(copy.graph)
    needed, kept = {output}, []
    for node in reversed(copy.graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(_read(node))
    del copy.graph.node[:], copy.graph.output[:]
    copy.graph.node.extend(reversed(kept))
    copy.graph.output.append(onnx.helper.make_tensor_value_info(output, onnx.TensorProto.DOUBLE, None))
    return copy


def open_double(model: onnx.ModelProto) -> ReferenceEvaluator:
    """An evaluator of a model whose floats are doubles."""
    return ReferenceEvaluator(model, new_ops=OPERATORS)


def _read(node: onnx.NodeProto) -> set[str]:
    """The values that a node reads, and its sub-graphs."""
    graphs = [a.g for a in node.attribute if a.type == onnx.AttributeProto.GRAPH]
    return {*node.input, *(name for g in graphs for n in g.node for name in _read(n))}


def _double_graph(graph: onnx.GraphProto) -> None:
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type in NARROW:
            value.type.tensor_type.elem_type = onnx.TensorProto.DOUBLE
    for tensor in graph.initializer:
        _double_tensor(tensor)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.TENSOR:
                _double_tensor(attribute.t)
            elif attribute.type == onnx.AttributeProto.GRAPH:
                _double_graph(attribute.g)
            elif attribute.name in {"to", "dtype"} and attribute.i in NARROW:
                attribute.i = onnx.TensorProto.DOUBLE


def _double_tensor(tensor: onnx.TensorProto) -> None:
    if tensor.data_type in NARROW:
        tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))


def _windows(
    x: Array, kernel: Sequence[int], attributes: Mapping[str, Any], fill: float
) -> tuple[list[int], Iterator[tuple[tuple[int, ...], Array]]]:
    """The output's space, and for each position in the kernel what it sees of `x` at all places of the window."""
    rank = len(kernel)
    strides, dilations = (list(attributes[k] or [1] * rank) for k in ("strides", "dilations"))
    pads = _pads(x.shape[2:], kernel, strides, dilations, attributes)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    space, after = [], []
    for i in range(rank):
        whole = x.shape[2 + i] + pads[i] + pads[rank + i]
        count = (
            -(-(whole - spans[i]) // strides[i]) if attributes.get("ceil_mode") else (whole - spans[i]) // strides[i]
        )
        count += (count * strides[i]) < x.shape[2 + i] + pads[i]
        space.append(count)
        after.append(max(pads[rank + i], (count - 1) * strides[i] + spans[i] - x.shape[2 + i] - pads[i]))
    padded = np.pad(x, [(0, 0), (0, 0), *zip(pads[:rank], after, strict=True)], constant_values=fill)

    def each() -> Iterator[tuple[tuple[int, ...], Array]]:
        for at in itertools.product(*map(range, kernel)):
            cut = [
                slice(a * d, a * d + (n - 1) * s + 1, s)
                for a, d, n, s in zip(at, dilations, space, strides, strict=True)
            ]
            yield at, padded[(slice(None), slice(None), *cut)]

    return space, each()


def _pads(
    space: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    attributes: Mapping[str, Any],
) -> list[int]:
    rank, mode = len(kernel), attributes.get("auto_pad") or "NOTSET"
    if mode in {"NOTSET", "VALID"}:
        return list(attributes["pads"] or [0] * 2 * rank) if mode == "NOTSET" else [0] * 2 * rank
    total = [
        max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
        for n, k, s, d in zip(space, kernel, strides, dilations, strict=True)
    ]
    less, more = [t // 2 for t in total], [t - t // 2 for t in total]
    return less + more if mode == "SAME_UPPER" else more + less


class Conv(OpRun):
    def _run(self, x: Array, w: Array, b: Array | None = None, group: int = 1, **attributes: Any) -> tuple[Array]:
        kernel = attributes.pop("kernel_shape") or w.shape[2:]
        space, windows = _windows(x, kernel, attributes, 0.0)
        out = np.zeros((x.shape[0], group, w.shape[0] // group, math.prod(space)))
        for at, seen in windows:
            columns = seen.reshape(x.shape[0], group, x.shape[1] // group, -1)
            out += w[(slice(None), slice(None), *at)].reshape(group, -1, w.shape[1]) @ columns
        out = out.reshape(x.shape[0], w.shape[0], *space)
        return (out if b is None else out + b.reshape(-1, *[1] * len(space)),)


class MaxPool(OpRun):
    def _run(self, x: Array, **attributes: Any) -> tuple[Array]:
        _, windows = _windows(x, attributes["kernel_shape"], attributes, -np.inf)
        found = next(windows)[1]
        for _, seen in windows:
            found = np.maximum(found, seen)
        return (found,)


class AveragePool(OpRun):
    def _run(self, x: Array, count_include_pad: int = 0, **attributes: Any) -> tuple[Array]:
        kernel = attributes["kernel_shape"]
        attributes.setdefault("dilations", None)
        total = sum(seen for _, seen in _windows(x, kernel, attributes, 0.0)[1])
        if count_include_pad:
            return (total / math.prod(kernel),)
        ones = np.ones((1, 1, *x.shape[2:]))
        return (total / sum(seen for _, seen in _windows(ones, kernel, attributes, 0.0)[1]),)


class BatchNormalization(OpRun):
    def _run(
        self, x: Array, scale: Array, bias: Array, mean: Array, variance: Array, **attributes: Any
    ) -> tuple[Array]:
        factor, bias, mean = (
            a.reshape(-1, *[1] * (x.ndim - 2)) for a in (scale / np.sqrt(variance + attributes["epsilon"]), bias, mean)
        )
        return ((x - mean) * factor + bias,)


class GlobalAveragePool(OpRun):
    def _run(self, x: Array) -> tuple[Array]:
        return (x.mean(axis=tuple(range(2, x.ndim)), keepdims=True),)


class HardSwish(OpRun):
    def _run(self, x: Array) -> tuple[Array]:
        return (x * np.clip(x / 6 + 0.5, 0, 1),)


class ImageScaler(OpRun):
    def _run(self, x: Array, bias: Sequence[float] = (), scale: float = 1.0) -> tuple[Array]:
        return (x * scale + np.reshape(bias, (-1, 1, 1)),)


class Upsample(OpRun):
    def _run(self, x: Array, *given: Array, mode: str = "nearest", **attributes: Any) -> tuple[Array]:
        is_corners = attributes.get("coordinate_transformation_mode") == "align_corners"
        for axis, scale in enumerate(given[-1]):
            size = int(x.shape[axis] * scale)
            if size == x.shape[axis]:
                continue
            place = np.arange(size) * ((x.shape[axis] - 1) / (size - 1)) if is_corners else np.arange(size) / scale
            low = np.minimum(np.floor(place + 1e-6).astype(int), x.shape[axis] - 1)
            share = np.clip(place - low, 0, 1) if mode == "linear" else np.zeros(size)
            share = share.reshape(-1, *[1] * (x.ndim - axis - 1))
            high = np.minimum(low + 1, x.shape[axis] - 1)
            x = x.take(low, axis) * (1 - share) + x.take(high, axis) * share
        return (x,)


class Resize(Upsample):
    pass


class Erf(OpRun):
    def _run(self, x: Array) -> tuple[Array]:
        return (np.vectorize(math.erf, otypes=[np.float64])(x),)


OPERATORS = [
    AveragePool,
    BatchNormalization,
    Conv,
    Erf,
    GlobalAveragePool,
    HardSwish,
    ImageScaler,
    MaxPool,
    Resize,
    Upsample,
]
