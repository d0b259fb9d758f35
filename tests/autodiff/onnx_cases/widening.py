"""The same model in another float type: differences want double precision, whatever a case is written in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto

FLOATS = frozenset(v for k, v in TensorProto.DataType.items() if k in {"DOUBLE", "BFLOAT16"} or k.startswith("FLOAT"))
# Attributes that name an element type.
TYPE_ATTRIBUTES = frozenset({"to", "dtype", "output_datatype", "output_dtype", "softmax_precision"})


def widened(model: onnx.ModelProto, dtype: int = TensorProto.DOUBLE) -> onnx.ModelProto:
    """A copy in which every float, of whatever width, is of `dtype`: a rounding to fewer bits becomes the identity."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    _widen_graph(copy.graph, dtype)
    return copy


def widened_value(value: Any, dtype: np.dtype[Any]) -> Any:
    """A value to feed a widened model."""
    if isinstance(value, list):
        return [widened_value(v, dtype) for v in value]
    return value.astype(dtype) if is_float(value) else value


def is_float(value: Any) -> bool:
    """Whether `value` is an array of floats of any width."""
    return isinstance(value, np.ndarray) and onnx.helper.np_dtype_to_tensor_dtype(value.dtype) in FLOATS


def _widen_graph(graph: onnx.GraphProto, dtype: int) -> None:
    for info in (*graph.input, *graph.output, *graph.value_info):
        _widen_type(info.type, dtype)
    for tensor in graph.initializer:
        _widen_tensor(tensor, dtype)
    for node in graph.node:
        for attribute in node.attribute:
            _widen_attribute(attribute, dtype)


def _widen_attribute(attribute: AttributeProto, dtype: int) -> None:
    if attribute.type == AttributeProto.GRAPH:
        _widen_graph(attribute.g, dtype)
    elif attribute.type == AttributeProto.TENSOR:
        _widen_tensor(attribute.t, dtype)
    elif attribute.name in TYPE_ATTRIBUTES and attribute.i in FLOATS:
        attribute.i = dtype
    elif attribute.name in {"value_float", "value_floats"}:  # of a Constant, float32 by definition
        numbers: float | Iterable[float] = attribute.f if attribute.name == "value_float" else list(attribute.floats)
        array = np.asarray(numbers, onnx.helper.tensor_dtype_to_np_dtype(dtype))
        attribute.CopyFrom(onnx.helper.make_attribute("value", onnx.numpy_helper.from_array(array)))


def _widen_type(kind: onnx.TypeProto, dtype: int) -> None:
    which = kind.WhichOneof("value")
    if which == "tensor_type" and kind.tensor_type.elem_type in FLOATS:
        kind.tensor_type.elem_type = dtype
    elif which in {"sequence_type", "optional_type"}:
        _widen_type(getattr(kind, str(which)).elem_type, dtype)


def _widen_tensor(tensor: TensorProto, dtype: int) -> None:
    if tensor.data_type in FLOATS:
        array = onnx.numpy_helper.to_array(tensor).astype(onnx.helper.tensor_dtype_to_np_dtype(dtype))
        tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
