"""The analysed copy of a shipped model: normalised, sorted, with types and shapes."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import onnx_ir as ir
from onnx_ir.passes import common

__all__ = ["analyse"]

# Operators of ONNX 1.0's experimental set: ONNX Runtime still runs them, the standard no longer describes them.
SHAPE_KEEPING = frozenset({"Affine", "ImageScaler", "ParametricSoftplus", "ScaledTanh"})

# What onnx cannot infer (contrib operators, wrong annotations) is logged there; the plan says what it misses of it.
logging.getLogger("onnx_ir.passes.common.shape_inference").setLevel(logging.CRITICAL)


def analyse(shipped: ir.Model) -> ir.Graph:
    """A copy of the graph for analysis; tensors are shared, names stay.

    Constant nodes become initializers, initializers are no inputs, nodes are sorted, types and shapes are inferred as
    far as the standard's inference goes.
    """
    model = shipped.clone()
    for graph_pass in (
        common.RemoveInitializersFromInputsPass(),
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        common.TopologicalSortPass(),
    ):
        graph_pass(model)
    _infer_shapes(model)
    return model.graph


def _infer_shapes(model: ir.Model) -> None:
    """Infer, help where inference stops for no good reason, and infer on."""
    infer = common.ShapeInferencePass(check_type=False, strict_mode=False, data_prop=True)
    with _hidden(model, "ZipMap"):
        infer(model)
        while _seed(model.graph):
            infer(model)


@contextlib.contextmanager
def _hidden(model: ir.Model, op_type: str) -> Iterator[None]:
    """Keep inference from the nodes of `op_type`: `onnx_ir` cannot read the map types it finds for their outputs."""
    nodes = [(node, node.domain) for node in model.graph if node.op_type == op_type]
    for node, _ in nodes:
        node.domain = "hidden"
    model.graph.opset_imports["hidden"] = 1
    try:
        yield
    finally:
        for node, domain in nodes:
            node.domain = domain
        del model.graph.opset_imports["hidden"]


def _seed(graph: ir.Graph) -> bool:
    """Give inference a shape where it stops too early; whether any was given."""
    seeded = False
    for node in graph:
        output, source = node.outputs[0], node.inputs[0] if node.inputs else None
        shape = _known_shape(node) if output.shape is None else None
        if shape is not None and source is not None:
            output.shape = shape
            if output.dtype is None and source.dtype is not None:
                output.dtype = source.dtype
            seeded = True
    return seeded


def _known_shape(node: ir.Node) -> ir.Shape | None:
    if node.op_type == "Reshape" and len(node.inputs) > 1 and node.inputs[1] is not None:
        sizes = node.inputs[1].shape
        if sizes is not None and sizes.rank() == 1 and isinstance(sizes[0], int):
            return ir.Shape([None] * sizes[0])
    if node.op_type in SHAPE_KEEPING and node.inputs[0] is not None and node.inputs[0].shape is not None:
        return ir.Shape(node.inputs[0].shape)
    return None
