"""The graph with its inputs at given sizes: what a dynamic model computes shapes from becomes constant."""

from __future__ import annotations

import math
from collections.abc import Mapping

import onnx
import onnx_ir as ir

from onnxcam.graph.analyse import analyse
from onnxcam.graph.constants import Constants, static_shape
from onnxcam.graph.model import Model
from onnxcam.graph.ranks import is_attention, is_rounded_up, known_shape

__all__ = ["with_sizes"]

MOST_ENTRIES = 4096
"""Of a constant that tells a shape; what is larger is data."""


def with_sizes(model: Model, sizes: Mapping[str, tuple[int, ...]]) -> ir.Graph:
    """The analysed graph for inputs of these shapes; the model's own where all of its shapes are known already."""
    if all(static_shape(v) == sizes.get(str(v.name)) for v in model.graph.inputs):
        if all(static_shape(o) is not None for n in model.graph for o in n.outputs):
            return model.graph
        graph = model.graph.clone()
    else:
        copy = model.shipped.clone()
        for value in copy.graph.inputs:
            if value.name in sizes:
                value.shape = ir.Shape(sizes[str(value.name)])
        graph = analyse(copy)
    _settle(graph, model.opset)
    return graph


def _settle(graph: ir.Graph, opset: int) -> None:
    """Go on where onnx's inference has stopped: it does not compute what exporters write around a shape.

    PyTorch writes the sizes of a class token as `Where(Equal(sizes, -1), ones, sizes)`, for instance. With the inputs'
    sizes known, all of these are constants.
    """
    constants = Constants(ir.Graph((), (), nodes=()), opset)  # asked in order, each value after what it is made from
    for node in graph:
        if any(static_shape(o) is None for o in node.outputs):
            for output, shape in zip(node.outputs, _shapes(node, constants, opset), strict=False):
                output.shape = shape if static_shape(output) is None and shape is not None else output.shape


def _shapes(node: ir.Node, constants: Constants, opset: int) -> list[ir.Shape | None]:
    """What onnx infers for this node alone, from its inputs' shapes and the constants among them."""
    if is_rounded_up(node) or is_attention(node):
        return [known_shape(o) for o in node.outputs]
    if node.domain or not onnx.defs.has(node.op_type) or any(v and static_shape(v) is None for v in node.inputs):
        return []
    types, data = {}, {}
    for value in node.inputs:
        if value is None or value.dtype is None:
            continue
        shape = static_shape(value)
        assert shape is not None
        types[str(value.name)] = onnx.helper.make_tensor_type_proto(value.dtype.value, shape)
        array = constants.array(value) if math.prod(shape) <= MOST_ENTRIES else None
        if array is not None and array.dtype.kind in "bfiu":
            data[str(value.name)] = onnx.numpy_helper.from_array(array, str(value.name))
    schema = onnx.defs.get_schema(node.op_type, node.version or opset)
    try:
        found = onnx.shape_inference.infer_node_outputs(schema, ir.to_proto(node), types, data)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError):
        return []
    return [_shape(found.get(str(o.name))) for o in node.outputs]


def _shape(kind: onnx.TypeProto | None) -> ir.Shape | None:
    if kind is None or not kind.tensor_type.HasField("shape"):
        return None
    dims = kind.tensor_type.shape.dim
    return ir.Shape([d.dim_value for d in dims]) if all(d.HasField("dim_value") for d in dims) else None
