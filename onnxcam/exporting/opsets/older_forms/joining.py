"""Products and powers: operands that became optional, types that came later."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("Gemm", before=11)
def nothing_added(op: Writer, node: ir.Node) -> Any:
    """What is added may not be left out: zero."""
    if len(node.inputs) > 2 and node.inputs[2] is not None:
        return op.same(node)
    return op.same(node, *node.inputs[:2], op.number(0, node.inputs[0]))


@older("Pow", before=12)
def exponent_of_one_type(op: Writer, node: ir.Node) -> Any:
    """The exponent in the base's type."""
    base, exponent = node.inputs
    if op.dtype(base) == op.dtype(exponent):
        return op.same(node)
    return op.same(node, base, op.Cast(exponent, to=op.dtype(base)))


@older("CumSum", before=11)
def sums_as_product(op: Writer, node: ir.Node) -> Any:
    """A product with a triangle of ones, along an axis of known size; the order of a sum may differ."""
    value = node.inputs[0]
    (axis,) = op.ints(node, 1, "axis") or (0,)
    rank = op.rank(value)
    axis %= rank
    assert value is not None
    assert value.shape is not None
    size = value.shape[axis]
    if not isinstance(size, int):
        raise NoForm("a size is unknown")
    triangle = np.triu(np.ones((size, size)), 1 if op.attribute(node, "exclusive") else 0)
    triangle = triangle.T if op.attribute(node, "reverse") else triangle
    order = [*(i for i in range(rank) if i != axis), axis]
    product = op.MatMul(op.Transpose(value, perm=order), triangle.astype(op.dtype(value).numpy()))
    return op.Transpose(product, perm=[order.index(i) for i in range(rank)])
