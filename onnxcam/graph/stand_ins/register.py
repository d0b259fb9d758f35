"""The register of stand-ins, and the copy of a model that holds them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import onnx
import onnx_ir as ir

__all__ = ["Sketch", "StandIn", "stand_in", "with_stand_ins"]

DOMAIN = "com.microsoft"


class Sketch(ir.tape.Tape):
    """Writes the nodes that stand in for one."""

    def __init__(self, node: ir.Node, opset: int) -> None:
        super().__init__()
        self._node = node
        self.opset = opset

    def attributes(self, *names: str) -> dict[str, ir.Attr]:
        """Those attributes of the node that it has."""
        return {k: self._node.attributes[k] for k in names if k in self._node.attributes}

    def integers(self, *values: int) -> ir.Value:
        """A list of integers, such as a shape."""
        name = f"{self._node.outputs[0].name}::integers_{len(self.initializers)}"
        return self.initializer(ir.tensor(np.array(values, dtype=np.int64), name=name))

    def zeros(self, *shape: int) -> ir.Value:
        """A float tensor of this shape."""
        if self.opset < 9:
            name = f"{self._node.outputs[0].name}::zeros_{len(self.initializers)}"
            return self.initializer(ir.tensor(np.zeros(shape, dtype=np.float32), name=name))
        return self.op("ConstantOfShape", [self.integers(*shape)])

    def reduced(self, x: ir.Value | None, axes: Sequence[int] | None, *, keepdims: int = 1) -> ir.Value:
        """`x` with these axes, or all, reduced to 1 or dropped."""
        given: dict[str, int | Sequence[int]] = {"keepdims": keepdims}
        if axes is None:
            return self.op("ReduceMax", [x], given)
        if self.opset < 18:
            return self.op("ReduceMax", [x], given | {"axes": list(axes)})
        return self.op("ReduceMax", [x, self.integers(*axes)], given)

    def unsqueezed(self, x: ir.Value | None, axis: int) -> ir.Value:
        """`x` with a dimension of 1 more."""
        if self.opset < 13:
            return self.op("Unsqueeze", [x], {"axes": [axis]})
        return self.op("Unsqueeze", [x, self.integers(axis)])

    def squeezed(self, x: ir.Value | None, axis: int) -> ir.Value:
        """`x` without that dimension of 1."""
        if self.opset < 13:
            return self.op("Squeeze", [x], {"axes": [axis]})
        return self.op("Squeeze", [x, self.integers(axis)])

    def split(self, x: ir.Value | None, axis: int, parts: int | Sequence[int]) -> Sequence[ir.Value]:
        """`x` in so many equal parts along an axis, or in parts of these sizes."""
        given: dict[str, int | Sequence[int]] = {"axis": axis}
        if isinstance(parts, int):
            return self.op_multi_out(
                "Split", [x], given | ({"num_outputs": parts} if self.opset >= 18 else {}), num_outputs=parts
            )
        if self.opset < 13:
            return self.op_multi_out("Split", [x], given | {"split": list(parts)}, num_outputs=len(parts))
        return self.op_multi_out("Split", [x, self.integers(*parts)], given, num_outputs=len(parts))

    def sliced(self, x: ir.Value | None, starts: Sequence[int], ends: Sequence[int], axes: Sequence[int]) -> ir.Value:
        """`x` cut along `axes`."""
        if self.opset < 10:
            return self.op("Slice", [x], {"starts": list(starts), "ends": list(ends), "axes": list(axes)})
        return self.op("Slice", [x, self.integers(*starts), self.integers(*ends), self.integers(*axes)])

    def channels_last(self, rank: int, op_type: str, inputs: Sequence[ir.Value | None], *names: str) -> ir.Value:
        """An operator on images whose channels come last if the node's attribute says so."""
        flag = self._node.attributes.get("channels_last")
        if flag is None or not flag.as_int():
            return self.op(op_type, inputs, self.attributes(*names))
        return self.on_channels_last(rank, op_type, inputs, *names)

    def on_channels_last(self, rank: int, op_type: str, inputs: Sequence[ir.Value | None], *names: str) -> ir.Value:
        """An operator on images whose channels come last."""
        x = self.op("Transpose", [inputs[0]], {"perm": [0, rank - 1, *range(1, rank - 1)]})
        y = self.op(op_type, [x, *inputs[1:]], self.attributes(*names))
        return self.op("Transpose", [y], {"perm": [0, *range(2, rank), 1]})


StandIn = Callable[[Sketch, ir.Node], ir.Value | Sequence[ir.Value]]

_stand_ins: dict[tuple[str, str], StandIn] = {}


def stand_in(*op_types: str, domain: str = DOMAIN) -> Callable[[StandIn], StandIn]:
    """Register a function that sketches what stands in for `op_types` and returns its first outputs.

    It is asked where the standard, at the model's opset, does not know the operator.
    """

    def register(function: StandIn) -> StandIn:
        _stand_ins.update(dict.fromkeys(((domain, op_type) for op_type in op_types), function))
        return function

    return register


def with_stand_ins(model: ir.Model) -> ir.Model:
    """A copy of `model` with stand-ins, its values named as there; `model` itself where nothing needs one."""
    opset = model.graph.opset_imports.get("", 1)
    if not any(_needs_one(node, opset) for node in model.graph.all_nodes()):
        return model
    copy = model.clone()
    for graph in copy.graphs():
        for node in [n for n in graph if _needs_one(n, opset)]:
            _replace(graph, node, opset)
    return copy


def _needs_one(node: ir.Node, opset: int) -> bool:
    is_known = (node.domain, node.op_type) in _stand_ins
    return is_known and not (node.domain == "" and onnx.defs.has(node.op_type, opset))


def _replace(graph: ir.Graph, node: ir.Node, opset: int) -> None:
    sketch = Sketch(node, opset)
    made = _stand_ins[node.domain, node.op_type](sketch, node)
    outputs = [made] if isinstance(made, ir.Value) else list(made)
    for value in sketch.initializers:
        graph.register_initializer(value)
    graph.insert_after(node, sketch.nodes)
    for old, new in zip(node.outputs, outputs, strict=False):
        if not old.name:  # left out
            continue
        name, old.name = old.name, f"{old.name}::replaced"
        ir.convenience.replace_all_uses_with(old, new, replace_graph_outputs=True)
        new.name, new.type, new.shape = name, old.type or new.type, old.shape or new.shape
    if len(outputs) >= len(node.outputs):
        graph.remove(node, safe=True)
