"""What is known of a graph's values without running the model: constants, and what is computed from them alone."""

from __future__ import annotations

import math
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

# Operators of which the reference evaluator computes a few forms, and takes the others for these.
RECURRENT = frozenset({"GRU", "LSTM", "RNN"})

# Operators that pick sizes out of a shape, of which not all need be known.
PICKING = frozenset({"Gather", "Slice"})
UNKNOWN = int(np.iinfo(np.int64).min)


class Constants:
    """Evaluates, once each and only when asked, the values that depend on initializers and static shapes alone.

    It may be asked of values of other graphs too: those of sub-graphs, and those of the gradient graph.
    """

    def __init__(self, graph: ir.Graph, opset: int) -> None:
        self._opset = opset
        self._known: dict[ir.Value, NDArray[Any] | None] = {}
        self._constant: dict[ir.Value, bool] = {}
        for node in graph:  # in order, so that no question about this graph has far to go
            self.is_constant(node.outputs[0])

    def is_constant(self, value: ir.Value | None) -> bool:
        """Whether `value` is an initializer or computed from initializers and static shapes alone."""
        if value is None:
            return False
        if value not in self._constant:
            node = value.producer()
            if node is None:
                self._constant[value] = value.const_value is not None
            else:
                self._constant.update(dict.fromkeys(node.outputs, self._is_foldable(node)))
        return self._constant[value]

    def array(self, value: ir.Value | None) -> NDArray[Any] | None:
        """The constant's array, or None when it is none, or when the reference evaluator cannot compute it."""
        if value is None or not self.is_constant(value):
            return None
        if value not in self._known:
            if value.const_value is not None:
                self._known[value] = value.const_value.numpy()
            else:
                self._evaluate(value)
        return self._known[value]

    def _is_foldable(self, node: ir.Node) -> bool:
        if node.op_type in RANDOM | RECURRENT or any(a.type in GRAPH_ATTRIBUTES for a in node.attributes.values()):
            return False
        if node.op_type in {"Shape", "Size"} and node.inputs[0] is not None:
            return static_shape(node.inputs[0]) is not None
        if node.op_type in PICKING and self._shape_of(node.inputs[0]) is not None:
            self._evaluate(node.outputs[0])
            return self._known[node.outputs[0]] is not None
        given = [v for v in node.inputs if v is not None]
        return (bool(given) or node.op_type == "Constant") and all(self.is_constant(v) for v in given)

    def _evaluate(self, value: ir.Value) -> None:
        """Compute all outputs of the node that makes `value`."""
        node = value.producer()
        assert node is not None
        for output in node.outputs:
            self._known[output] = None
        if node.op_type == "Shape":
            self._known[value] = self._shape_of(value)
            return
        if node.op_type == "Size":
            self._known[value] = np.array(math.prod(static_shape(node.inputs[0]) or ()), dtype=np.int64)
            return
        feeds = {str(v.name): self.array(v) for v in node.inputs if v is not None}
        source = node.inputs[0] if node.op_type in PICKING else None
        sizes = self._shape_of(source)
        if source is not None and sizes is not None:
            feeds[str(source.name)] = sizes
        if any(a is None for a in feeds.values()):
            return
        opset = node.version or self._opset
        try:
            results = ReferenceEvaluator(ir.to_proto(node), opsets={"": opset, node.domain: opset}).run(
                None, dict(feeds)
            )
        except Exception:  # noqa: BLE001 - any failure means the same: unknown, so the value is taken from a run instead
            return
        arrays = [np.asarray(r) for r in results]
        if sizes is None or UNKNOWN not in arrays[0]:
            self._known.update(zip(node.outputs, arrays, strict=False))

    def _shape_of(self, value: ir.Value | None) -> NDArray[np.int64] | None:
        """What a Shape node will make, `UNKNOWN` for each size that only a run knows; None for another value."""
        node = value.producer() if value is not None else None
        if node is None or node.op_type != "Shape" or node.inputs[0] is None or node.inputs[0].shape is None:
            return None
        start, end = (node.attributes[k].as_int() if k in node.attributes else None for k in ("start", "end"))
        sizes = [d if isinstance(d, int) else UNKNOWN for d in node.inputs[0].shape]
        return np.array(sizes[start:end], dtype=np.int64)


GRAPH_ATTRIBUTES = frozenset({ir.AttributeType.GRAPH, ir.AttributeType.GRAPHS})


def static_shape(value: ir.Value | None) -> tuple[int, ...] | None:
    """The shape of `value` as integers, or None when a dimension or the rank is unknown."""
    if value is None or value.shape is None or not value.shape.is_static():
        return None
    return tuple(int(d) for d in value.shape.numpy())
