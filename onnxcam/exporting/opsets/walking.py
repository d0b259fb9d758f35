"""Puts every node of a model into its form at another opset."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import onnx_ir as ir

import onnxcam.exporting.opsets.newer_forms
import onnxcam.exporting.opsets.older_forms  # noqa: F401 - these fill the register
from onnxcam.exporting.opsets.register import Lack, NoForm, name_of, next_form
from onnxcam.exporting.opsets.schemas import misfit, settle
from onnxcam.exporting.opsets.writer import Writer

__all__ = ["Walk"]

LARGEST = 1 << 20
"""Bytes of a value that is put down instead of computed."""
FOLDED = frozenset(
    {"Cast", "Constant", "ConstantOfShape", "Expand", "EyeLike", "GatherElements", "GatherND", "Mod", "NonZero"}
    | {"OneHot", "Range", "Reshape", "ScatterElements", "ScatterND", "Shape", "Trilu", "Where"}
)
"""Operators about which onnx's evaluator and the runtimes are of one mind."""


@dataclasses.dataclass(frozen=True, slots=True)
class Walk:
    """A way from a model's opset to another, older or newer.

    Attributes:
        writer: Writes into the model.
        opset: Where it goes.
        is_folding: Whether what is known without a run may be put down instead of computed.
    """

    writer: Writer
    opset: int
    is_folding: bool

    def rewrite(self) -> list[Lack]:
        """Rewrite the model in place, sub-graphs included; what has no form stays, and is returned."""
        model, lacks = self.writer.model, list[Lack]()
        own = int(model.graph.opset_imports[""])
        for graph in list(model.graphs()):
            for node in [n for n in graph if not n.domain]:
                lacks += self._put(graph, node, node.version or own)
        for graph in model.graphs():
            if "" in graph.opset_imports:
                graph.opset_imports[""] = self.opset
        return lacks

    def _put(self, graph: ir.Graph, node: ir.Node, dialect: int) -> list[Lack]:
        """Put a node of a dialect, in place, into its form; what has none."""
        found = next_form(node.op_type, dialect, self.opset)
        if found is None:
            reason = misfit(node, self.opset, dialect)
            if reason is None:
                settle(node, self.opset)
            elif not self._fold(graph, node):
                return [Lack(node.op_type, name_of(node), self.opset, reason)]
            return []
        form, written = found
        node.version, self.writer.dialect = dialect, written
        try:
            made = form(self.writer, node)
        except NoForm as answer:
            self.writer.drop()
            return [] if self._fold(graph, node) else [Lack(node.op_type, name_of(node), written, str(answer))]
        nodes = self._replace(graph, node, [made] if isinstance(made, ir.Value) else list(made))
        return [lack for new in nodes for lack in self._put(graph, new, written)]

    def _fold(self, graph: ir.Graph, node: ir.Node) -> bool:
        """Put a node's output down as an initializer where it is known without a run; whether it was."""
        (output, *others) = node.outputs
        if others or not self.is_folding or node.op_type not in FOLDED:
            return False
        array = self.writer.known(output)
        if array is None or array.nbytes > LARGEST:
            return False
        kept = self.writer.constant(array)
        self.writer.take()
        _stand_in(output, kept)
        graph.remove(node, safe=True)
        return True

    def _replace(self, graph: ir.Graph, node: ir.Node, made: Sequence[ir.Value]) -> list[ir.Node]:
        """Put what a form wrote in the node's place; its nodes."""
        own = {value for new in self.writer.pending for value in new.outputs}
        made = [value if value in own else self.writer.Identity(value) for value in made]
        nodes = self.writer.take()
        graph.insert_before(node, nodes)
        for old, new in zip(node.outputs, made, strict=False):
            _stand_in(old, new)
        graph.remove(node, safe=True)
        nodes[-1].name = node.name
        return nodes


def _stand_in(old: ir.Value, new: ir.Value) -> None:
    """Let a value take another's place, name, type and shape."""
    name = old.name
    new.type = old.type or new.type
    new.shape = old.shape.copy() if old.shape is not None else new.shape
    ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
    old.name = f"{name}::before"
    new.name = name
