"""Sub-graphs of control-flow operators: computed again in a sub-graph of the gradient, and swept back over."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

import onnx
import onnx_ir as ir
from onnx import version_converter

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.replay import replay_graph
from onnxcam.autodiff.sweep import pull_back
from onnxcam.graph import captured_by

__all__ = ["Body", "body_of"]

Values = Sequence[Any]


@dataclasses.dataclass(frozen=True, slots=True)
class Body:
    """A sub-graph in the meaning of the gradient's opset.

    Attributes:
        graph: The sub-graph.
        captured: Values from outside that stand for its last inputs; empty where it reads them by itself.
    """

    graph: ir.Graph
    captured: tuple[ir.Value, ...]

    @property
    def inputs(self) -> tuple[ir.Value, ...]:
        """The inputs that the control-flow operator gives."""
        return tuple(self.graph.inputs)[: len(self.graph.inputs) - len(self.captured)]

    def replay(self, op: Emitter, inputs: Values) -> list[Any]:
        """Emit the sub-graph's nodes for given inputs; its outputs."""
        return replay_graph(op, self.graph, [*inputs, *self.captured], {})

    def pull_back(self, op: Emitter, inputs: Values, cts: Values, leaves: Iterable[Any]) -> list[ir.Value | None]:
        """Emit the nodes and sweep back over them: the cotangents of `leaves` for those of the outputs."""
        mark = op.mark()
        outputs = self.replay(op, inputs)
        return pull_back(op, op.since(mark), zip(outputs, cts, strict=True), [op.local(leaf) for leaf in leaves])


def body_of(op: Emitter, node: ForwardNode, name: str) -> Body:
    """The sub-graph in attribute `name`."""
    graph = node.node.attributes[name].as_graph()
    opset = node.node.version or op.imports[""]
    if opset >= op.opset:
        return Body(graph, ())
    outside = tuple(captured_by(graph))
    return Body(_upgraded(graph, outside, opset, op.opset), outside)


def _upgraded(graph: ir.Graph, outside: Sequence[ir.Value], opset: int, target: int) -> ir.Graph:
    """The sub-graph in the meaning of a newer opset; what it captures becomes inputs behind its own."""
    proto = ir.serde.serialize_graph(graph)
    proto.input.extend(ir.serde.serialize_value(value) for value in outside)
    others = {node.domain for node in graph.all_nodes() if node.domain}
    imports = [onnx.helper.make_opsetid(*one) for one in (("", opset), *((domain, 1) for domain in sorted(others)))]
    model = onnx.helper.make_model(proto, opset_imports=imports, ir_version=10)
    upgraded = ir.from_proto(version_converter.convert_version(model, target))
    return upgraded.graph
