"""The analysed copy of a shipped model: normalised, sorted, with types and shapes."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

import onnx_ir as ir
from onnx_ir.passes import common

from onnxcam.graph.constants import Constants
from onnxcam.graph.containers import restore_containers
from onnxcam.graph.demands import demanded_shape
from onnxcam.graph.folding import with_folded_integers
from onnxcam.graph.ranks import decided_shape, is_attention, is_rounded_up, known_shape
from onnxcam.graph.stand_ins import with_stand_ins

__all__ = ["analyse"]

Declared = dict[ir.Value, tuple[ir.TypeProtocol | None, ir.Shape | None]]

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
    """Infer, help where inference stops for no good reason, and infer on.

    What the file declares of inner values is a last resort: some exporters write it wrong.
    """
    sketch = with_stand_ins(with_folded_integers(model))
    _infer(sketch)
    if sketch is not model:
        for graph, sketched in zip(model.graphs(), sketch.graphs(), strict=True):
            found = ir.convenience.create_value_mapping(sketched)
            for name, value in ir.convenience.create_value_mapping(graph).items():
                if name in found:
                    value.type, value.shape = found[name].type, found[name].shape


def _infer(model: ir.Model) -> None:
    declared = _forget_declared(model.graph)
    infer = common.ShapeInferencePass(check_type=False, strict_mode=False, data_prop=True)
    seeded = True
    while seeded:
        with _hidden(model):
            infer(model)
        restore_containers(model.graph)
        seeded = _seed(model.graph, declared)
    for value, (kind, shape) in declared.items():
        value.type = value.type or kind
        value.shape = shape if value.shape is None else value.shape  # a scalar's shape is false


@contextlib.contextmanager
def _hidden(model: ir.Model) -> Iterator[None]:
    """Keep inference from nodes that it gets wrong.

    `onnx_ir` cannot read the map types that it finds for ZipMap; before opset 22 onnx counts a pool's last window even
    where it starts beyond the input and runtimes drop it. It takes a size that it does not know for 0 in Attention.
    """
    wrong = (n for n in model.graph if n.op_type == "ZipMap" or is_rounded_up(n) or is_attention(n))
    nodes = [(n, n.domain) for n in wrong]
    for node, _ in nodes:
        node.domain = "hidden"
    model.graph.opset_imports["hidden"] = 1
    try:
        yield
    finally:
        for node, domain in nodes:
            node.domain = domain
        del model.graph.opset_imports["hidden"]


def _forget_declared(graph: ir.Graph) -> Declared:
    """Take the declared types and shapes of computed values out of the graph, and return them."""
    declared: Declared = {}
    for node in graph:
        for value in node.outputs:
            declared[value] = (value.type, value.shape)
            value.type, value.shape = None, None
    return declared


def _seed(graph: ir.Graph, declared: Declared) -> bool:
    """Give inference a shape where it stops: what the operator settles or the file declares.

    Only where neither helps on, what weights and readers ask for: these know the rank alone.
    """
    constants = Constants(graph, graph.opset_imports.get("", 1))
    seeded = False
    for output, is_first in _without_shape(graph):
        kind, declared_shape = declared[output]
        shape = known_shape(output)
        shape = decided_shape(output, constants) if shape is None else shape
        seeded |= _give(output, declared_shape if shape is None and is_first else shape, kind)
    return seeded or any(_give(o, demanded_shape(o), declared[o][0]) for o, _ in _without_shape(graph))


def _without_shape(graph: ir.Graph) -> Iterator[tuple[ir.Value, bool]]:
    """The tensors that have none yet, and whether all that they are computed from have one."""
    for node in graph:
        is_first = all(v is None or v.shape is not None or v.producer() is None for v in node.inputs)
        yield from ((output, is_first) for output in node.outputs if output.shape is None)


def _give(value: ir.Value, shape: ir.Shape | None, kind: ir.TypeProtocol | None) -> bool:
    """Set the shape, if there is one, and a type with it: the first input's if nothing else is known."""
    if shape is None:
        return False
    value.shape = ir.Shape(shape)
    node = value.producer()
    kinds = [value.type, kind, *(v.type for v in (node.inputs if node is not None else ()) if v is not None)]
    value.type = next((k for k in kinds if k is not None), None)
    return True
