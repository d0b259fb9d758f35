"""What is known of a graph's values without running the model: constants, and what is computed from them alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

__all__ = ["Constants", "static_shape"]

# Operators whose output is not a function of their inputs.
RANDOM = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)


class Constants:
    """Evaluates, once each and only when asked, the values that depend on initializers and static shapes alone."""

    def __init__(self, graph: ir.Graph, opset: int) -> None:
        self._opset = opset
        self._known: dict[ir.Value, NDArray[Any] | None] = {}
        self._constant: set[ir.Value] = {v for v in graph.initializers.values() if v.const_value is not None}
        for node in graph:
            if self._is_foldable(node):
                self._constant.update(node.outputs)

    def is_constant(self, value: ir.Value | None) -> bool:
        """Whether `value` is an initializer or computed from initializers and static shapes alone."""
        return value in self._constant

    def array(self, value: ir.Value | None) -> NDArray[Any] | None:
        """The constant's array, or None when it is none, or when the reference evaluator cannot compute it."""
        if value is None or value not in self._constant:
            return None
        if value not in self._known:
            if value.const_value is not None:
                self._known[value] = value.const_value.numpy()
            else:
                self._evaluate(value)
        return self._known[value]

    def _is_foldable(self, node: ir.Node) -> bool:
        if node.op_type in RANDOM or any(a.type in GRAPH_ATTRIBUTES for a in node.attributes.values()):
            return False
        if node.op_type == "Shape" and node.inputs[0] is not None:
            return static_shape(node.inputs[0]) is not None
        given = [v for v in node.inputs if v is not None]
        return bool(given) and all(v in self._constant for v in given)

    def _evaluate(self, value: ir.Value) -> None:
        """Compute all outputs of the node that makes `value`."""
        node = value.producer()
        assert node is not None
        for output in node.outputs:
            self._known[output] = None
        if node.op_type == "Shape" and node.inputs[0] is not None:
            shape = static_shape(node.inputs[0])
            assert shape is not None
            start, end = (node.attributes[k].as_int() if k in node.attributes else None for k in ("start", "end"))
            self._known[value] = np.array(shape[start:end], dtype=np.int64)
            return
        feeds = {str(v.name): self.array(v) for v in node.inputs if v is not None}
        if any(a is None for a in feeds.values()):
            return
        try:
            results = ReferenceEvaluator(ir.to_proto(node), opsets={"": self._opset, node.domain: self._opset}).run(
                None, dict(feeds)
            )
        except Exception:  # noqa: BLE001 - any failure means the same: unknown, so the value is taken from a run instead
            return
        self._known.update(zip(node.outputs, (np.asarray(r) for r in results), strict=False))


GRAPH_ATTRIBUTES = frozenset({ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS})


def static_shape(value: ir.Value | None) -> tuple[int, ...] | None:
    """The shape of `value` as integers, or None when a dimension or the rank is unknown."""
    if value is None or value.shape is None or not value.shape.is_static():
        return None
    return tuple(int(d) for d in value.shape.numpy())
