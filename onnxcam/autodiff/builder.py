"""Appends nodes to a gradient graph: constants promoted, types and shapes inferred, values named."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import onnx_ir as ir
import onnxscript

from onnxcam.autodiff.elementwise import infer_elementwise

__all__ = ["Builder"]


class Builder(onnxscript.GraphBuilder):
    """onnxscript's builder, told that inputs and attributes come apart: sorting them takes a third of its time.

    Inference, which is half of what is left, is spared where the operator is elementwise.

    Attributes:
        tape: The nodes of this graph in the order in which they were made.
        numbers: Counts the values of the graph and its sub-graphs, so that no two have one name.
        dtype: Of floats among the arguments of operators that give them none.
    """

    def __init__(self, graph: ir.Graph, dtype: ir.DataType, parent: Builder | None = None) -> None:
        super().__init__(graph, parent=parent)
        self.dtype = dtype
        self.tape: list[ir.Node] = []
        self.numbers: Iterator[int] = itertools.count() if parent is None else parent.numbers

    def _partition_inputs_attributes(self, schema: Any, args: Any, kwargs: Any) -> tuple[Any, Any]:
        return args, kwargs

    def _promote_constant(self, value: Any, dtype: ir.DataType | None) -> ir.Value:
        first = value[0] if isinstance(value, (list, tuple)) and value else value
        return super()._promote_constant(value, self.dtype if dtype is None and isinstance(first, float) else dtype)

    def _adapt_outputs(self, outputs: Any, op_type: str) -> Sequence[ir.Value]:
        name = f"v_{op_type}_{next(self.numbers)}"
        return [ir.Value(name=name if outputs == 1 else f"{name}_{i}") for i in range(outputs)]

    def _generate_node_name(self, op_type: str) -> str:
        return f"{op_type}_node_{next(self.numbers)}"

    def _infer_shapes(self, node: ir.Node) -> None:
        if not infer_elementwise(node):
            super()._infer_shapes(node)

    def _add_node(self, node: ir.Node) -> None:
        self.tape.append(node)
        super()._add_node(node)
