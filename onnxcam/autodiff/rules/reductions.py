"""Reductions over axes: sums, means, norms, extrema and products.

Source: ONNX ReduceX. The axes are an attribute before opset 13 (ReduceSum) or 18 (the others) and an input after; with
`noop_with_empty_axes`, no axes leave the elements apart but what is done to each of them stays.
"""

from __future__ import annotations

import math

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

LARGEST_FILL = 1024
"""Up to this many elements reduced, ONNX Runtime multiplies and broadcasts faster than it multiplies and expands."""


@vjp("ReduceSum")
def reduce_sum(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅, spread over the reduced axes."""
    return _spread(op, node, _kept(op, node, ct))


@vjp("ReduceMean")
def reduce_mean(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/n, spread over the n elements reduced."""
    kept, sizes = _kept(op, node, ct), _reduced_sizes(node)
    if sizes is None:
        return _spread(op, node, op.Div(kept, op.CastLike(_count(op, node), ct)))
    count = math.prod(sizes)
    if count == 1:
        return kept
    if count <= LARGEST_FILL:
        return op.Mul(kept, np.full(sizes, 1 / count))
    return _spread(op, node, op.Mul(kept, 1 / count))


@vjp("ReduceMax", "ReduceMin")
def reduce_extremum(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·[x = y]/n, n the number of elements equal to y: ties share evenly, as in torch.amax."""
    if _axes(node) == ():
        return ct
    taken = op.Equal(node.inputs[0], _result(op, node))
    count = _reduce(op, node, "ReduceSum", op.CastLike(taken, ct))
    return op.Where(taken, op.Div(_kept(op, node, ct), count), 0.0)


@vjp("ReduceL1")
def reduce_l1(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·sign(x), 0 at 0."""
    return op.Mul(_kept(op, node, ct), op.Sign(node.inputs[0]))


@vjp("ReduceL2")
def reduce_l2(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·x/y, 0 where y = 0."""
    y = _result(op, node)
    return op.Mul(op.Div(_kept(op, node, ct), op.Where(op.Equal(y, 0.0), 1.0, y)), node.inputs[0])


@vjp("ReduceSumSquare")
def reduce_sum_square(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·2x."""
    return op.Mul(_kept(op, node, op.Mul(ct, 2.0)), node.inputs[0])


@vjp("ReduceLogSum")
def reduce_log_sum(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅/exp(y), spread over the reduced axes."""
    return _spread(op, node, op.Div(_kept(op, node, ct), op.Exp(_result(op, node))))


@vjp("ReduceLogSumExp")
def reduce_log_sum_exp(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅·exp(x - y)."""
    return op.Mul(_kept(op, node, ct), op.Exp(op.Sub(node.inputs[0], _result(op, node))))


@vjp("ReduceProd")
def reduce_prod(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ᵢ = y̅·Πⱼ≠ᵢ xⱼ, also where one or several xⱼ are 0."""
    x = node.inputs[0]
    is_zero = op.Equal(x, 0.0)
    zero = op.CastLike(is_zero, ct)
    filled = op.Where(is_zero, 1.0, x)
    product = op.Mul(_kept(op, node, ct), _reduce(op, node, "ReduceProd", filled))
    other_zeros = op.Sub(_reduce(op, node, "ReduceSum", zero), zero)
    return op.Where(op.Equal(other_zeros, 0.0), op.Div(product, filled), 0.0)


def _axes(node: ForwardNode) -> tuple[int, ...] | ir.Value:
    """The axes reduced, sorted and non-negative, or the input that holds them when it is computed at run time."""
    axes = node.ints_or_value("axes", 1)
    if isinstance(axes, ir.Value):
        return axes
    return node.axes() or (() if node.attribute("noop_with_empty_axes", 0) else tuple(range(node.rank())))


def _kept(op: Emitter, node: ForwardNode, value: ir.Value) -> ir.Value:
    """`value`, which has the output's shape, with the reduced axes kept as ones."""
    axes = _axes(node)
    if node.attribute("keepdims") or axes == ():
        return value
    return op.Unsqueeze(value, axes if isinstance(axes, ir.Value) else list(axes))


def _result(op: Emitter, node: ForwardNode) -> ir.Value:
    """The output with the reduced axes kept as ones; computed anew where its rank is unknown, as no residual can be."""
    (y,) = node.outputs
    if y.shape is not None:
        return _kept(op, node, y)
    x = node.inputs[0]
    assert x is not None
    return _reduce(op, node, node.node.op_type, x)


def _reduce(op: Emitter, node: ForwardNode, op_type: str, value: ir.Value) -> ir.Value:
    """`value`, which has the input's shape, reduced over the same axes, which are kept as ones."""
    axes = _axes(node)
    if axes == ():
        return value
    noop = node.attribute("noop_with_empty_axes") or None
    emit = getattr(op, op_type)
    return emit(value, axes if isinstance(axes, ir.Value) else list(axes), keepdims=1, noop_with_empty_axes=noop)


def _reduced_sizes(node: ForwardNode) -> tuple[int, ...] | None:
    """The sizes of the reduced axes, with 1 for the others; None when one is not static."""
    axes, x = _axes(node), node.inputs[0]
    if isinstance(axes, ir.Value) or x is None or x.shape is None:
        return None
    sizes = [d if i in axes else 1 for i, d in enumerate(node.dims())]
    return tuple(d for d in sizes if d is not None) if None not in sizes else None


def _spread(op: Emitter, node: ForwardNode, value: ir.Value) -> ir.Value:
    """`value`, which has ones at the reduced axes, repeated along them."""
    sizes = _reduced_sizes(node)
    if sizes is not None and math.prod(sizes) == 1:
        return value
    return op.Expand(value, list(sizes) if sizes is not None else op.Shape(node.inputs[0]))


def _count(op: Emitter, node: ForwardNode) -> ir.Value:
    """How many elements are reduced to one, at run time."""
    axes, shape = _axes(node), op.Shape(node.inputs[0])
    if not isinstance(axes, ir.Value):
        return op.ReduceProd(op.Gather(shape, list(axes)), keepdims=0)
    left = op.ReduceProd(op.Shape(node.outputs[0]), keepdims=0)
    return op.Div(op.ReduceProd(shape, keepdims=0), op.Max(left, 1))
