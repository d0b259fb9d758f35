"""Factors that are the same at every position, multiplied once and not at each of them."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.elementwise import infer_elementwise

__all__ = ["draw_out_uniform_factors"]

MOST_ENTRIES = 1024
"""Of a constant that is looked at: larger ones are no fills."""


def draw_out_uniform_factors(graph: ir.Graph) -> None:
    """Write the mean over positions of a product as that of its factors that vary, times those that do not.

    The gradient of what global pooling gives is the same at every position, so it need not be spread over them before
    it is multiplied by a mask or a slope. The graph is changed; what it does not use any more stays in it.
    """
    for mean in [node for node in graph if node.op_type == "ReduceMean"]:
        flat = _maker(mean.inputs[0], "Reshape")  # (N, K, *space) as (N, K, P)
        whole = flat.inputs[0] if flat is not None else None
        if flat is None or whole is None:
            continue
        writer = _Writer(mean, whole)
        uniform, varying = writer.split(whole)
        if any(writer.is_uniform(one) for one in uniform) and (varying is None or writer.is_as_large(varying)):
            total = writer.mean(uniform, varying, flat)
            graph.insert_before(mean, writer.made)
            ir.convenience.replace_all_uses_with(mean.outputs[0], total)


class _Writer:
    """Writes a mean anew. `made` are the nodes, in order; of a product that is left as it is, there are none."""

    def __init__(self, old: ir.Node, whole: ir.Value) -> None:
        self._old, self._whole = old, whole
        self.made: list[ir.Node] = []

    def split(self, value: ir.Value) -> tuple[list[ir.Value], ir.Value | None]:
        """The factors that are the same at all positions, and the product of the others; None for none."""
        if self.is_uniform(value) or _fill(value) is not None:
            return [value], None
        node = _maker(value, "Mul") or _maker(value, "Add")
        if node is None:
            return [], value
        (left, one), (right, other) = (self.split(v) for v in node.inputs if v is not None)
        if node.op_type == "Mul":
            varying = [v for v in (one, other) if v is not None]
            return ([*left, *right], self._product(varying) if varying else None) if left or right else ([], value)
        shared = [v for v in left if v in right]
        if not shared:
            return [], value
        left, right = ([v for v in found if v not in shared] for found in (left, right))
        rests = [[*left, *([] if one is None else [one])], [*right, *([] if other is None else [other])]]
        return (shared, self._put("Add", *map(self._product, rests))) if all(rests) else ([], value)

    def mean(self, uniform: Sequence[ir.Value], varying: ir.Value | None, flat: ir.Node) -> ir.Value:
        """The mean of the product over `(N, K, P)`: `(N, K, 1)`."""
        fills = [self._scalar(one) for one in uniform if _fill(one) is not None]
        total = self._put("Reshape", self._product([one for one in uniform if _fill(one) is None]), flat.inputs[1])
        if varying is not None:
            spread = self._put("Reshape", varying, flat.inputs[1])
            along = self._put("ReduceMean", spread, *self._old.inputs[1:], attributes=[*self._old.attributes.values()])
            total = self._put("Mul", total, along)
        return self._product([total, *fills])

    def is_uniform(self, value: ir.Value) -> bool:
        """Whether it is `(N, K, 1, …)`."""
        space = self._space()
        return bool(space) and list(value.shape or ())[2:] == [1] * len(space)

    def is_as_large(self, value: ir.Value) -> bool:
        """Whether it is known to have all positions."""
        space = self._space()
        return list(value.shape or ())[2:] == space and all(isinstance(size, int) for size in space)

    def _space(self) -> list[int | ir.SymbolicDim]:
        return list(self._whole.shape or ())[2:]

    def _product(self, values: Sequence[ir.Value]) -> ir.Value:
        return functools.reduce(lambda a, b: self._put("Mul", a, b), values)

    def _put(self, op_type: str, *inputs: ir.Value | None, attributes: Sequence[ir.Attr] = ()) -> ir.Value:
        number, result = len(self.made), self._old.outputs[0]
        node = ir.Node("", op_type, inputs, attributes, name=f"{self._old.name}_{number}")
        node.outputs[0].name, node.outputs[0].type = f"{result.name}_{number}", result.type
        infer_elementwise(node)
        self.made.append(node)
        return node.outputs[0]

    def _scalar(self, fill: ir.Value) -> ir.Value:
        """A constant for one that is filled with a number."""
        graph, name, number = self._old.graph, f"{fill.name}_fill", _fill(fill)
        assert graph is not None
        assert fill.dtype is not None
        if name not in graph.initializers:
            tensor = ir.tensor(np.array(number, fill.dtype.numpy()), name=name)
            graph.initializers[name] = ir.val(name, fill.dtype, (), const_value=tensor)
        return graph.initializers[name]


def _maker(value: ir.Value | None, op_type: str) -> ir.Node | None:
    node = value.producer() if value is not None else None
    return node if node is not None and node.op_type == op_type and node.domain == "" else None


def _fill(value: ir.Value) -> float | None:
    """The number that a constant is filled with."""
    tensor = value.const_value
    array = tensor.numpy() if tensor is not None and 0 < tensor.size <= MOST_ENTRIES else None
    return float(array.flat[0]) if array is not None and bool(np.all(array == array.flat[0])) else None
