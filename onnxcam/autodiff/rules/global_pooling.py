"""Pools over the whole space."""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

LARGEST_FILL = 16384
"""Up to this many elements a constant is cheaper than a second pass over the cotangent."""


@vjp("GlobalAveragePool")
def global_average_pool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/n, spread over the n elements of the space."""
    x, space = node.inputs[0], node.dims()[2:]
    sizes = [d for d in space if d is not None]
    if len(sizes) < len(space):
        count = op.ReduceProd(op.Slice(op.Shape(x), [2], [len(space) + 2]), keepdims=0)
        return op.Expand(op.Div(ct, op.CastLike(count, ct)), op.Shape(x))
    count = math.prod(sizes)
    if count <= LARGEST_FILL:
        return op.Mul(ct, np.full(sizes, 1 / count))
    return op.Expand(op.Mul(ct, 1 / count), op.Shape(x))


@vjp("GlobalMaxPool")
def global_max_pool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·[x = y]/n, n the number of elements equal to y: ties share evenly, as in torch.amax."""
    taken = op.Equal(node.inputs[0], node.outputs[0])
    count = op.ReduceSum(op.CastLike(taken, ct), list(range(2, node.rank())), keepdims=1)
    x_bar: ir.Value = op.Where(taken, op.Div(ct, count), 0.0)
    return x_bar


@vjp("GlobalLpPool", since=2)
def global_lp_pool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·sign(x)·(|x|/y)ᵖ⁻¹, 0 where y = 0; sign(0) = 0."""
    x, y, p = node.inputs[0], node.outputs[0], int(node.attribute("p"))
    if p == 1:
        return op.Mul(ct, op.Sign(x))
    over_y = op.Where(op.Equal(y, 0.0), 0.0, op.Div(ct, y if p == 2 else op.Pow(y, float(p - 1))))
    return op.Mul(over_y, x if p == 2 else op.Mul(op.Sign(x), op.Pow(op.Abs(x), float(p - 1))))
