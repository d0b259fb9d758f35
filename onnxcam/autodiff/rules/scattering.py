"""Operators that write updates into a copy of a tensor.

Source: ONNX ScatterElements (named Scatter before version 11) and ScatterND; reductions add and mul since 16, max and
min since 18. With reduction none, what several updates at one index give is undefined, and so is its gradient.
TensorScatter writes a run of updates into a cache.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.cotangents import zeros_like
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Triple = tuple[ir.Value, None, ir.Value]
Gather = Callable[[ir.Value | None], ir.Value]
Scatter = Callable[[ir.Value | None, ir.Value | None, str], ir.Value]


@vjp("ScatterElements", "Scatter")
def scatter_elements(op: Emitter, node: ForwardNode, ct: ir.Value) -> Triple:
    """d̅ and u̅ by the reduction, with GatherElements to read at the indices."""
    axis, indices = node.axis(), node.inputs[1]

    def gather(value: ir.Value | None) -> ir.Value:
        return op.GatherElements(value, indices, axis=axis)

    def scatter(data: ir.Value | None, updates: ir.Value | None, reduction: str) -> ir.Value:
        return op.ScatterElements(data, indices, updates, axis=axis, reduction=reduction)

    return _reduced(op, node, ct, gather, scatter)


@vjp("ScatterND")
def scatter_nd(op: Emitter, node: ForwardNode, ct: ir.Value) -> Triple:
    """d̅ and u̅ by the reduction, with GatherND to read at the index tuples."""
    indices = node.inputs[1]

    def gather(value: ir.Value | None) -> ir.Value:
        return op.GatherND(value, indices)

    def scatter(data: ir.Value | None, updates: ir.Value | None, reduction: str) -> ir.Value:
        return op.ScatterND(data, indices, updates, reduction=reduction)

    return _reduced(op, node, ct, gather, scatter)


@vjp("TensorScatter")
def tensor_scatter(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value, ir.Value]:
    """c̅ = y̅ where nothing was written, u̅ = y̅ there: from each sample's index on, round the end where circular."""
    update, first, axis = node.inputs[1], node.input(2), node.axis()
    run = op.Range(0, op.Gather(op.Shape(update), axis), 1)
    at = op.Add(op.Unsqueeze([0] if first is None else first, [1]), run)  # (B, S)
    if node.attribute("mode") == "circular":
        at = op.Mod(at, op.Gather(op.Shape(node.inputs[0]), [axis]))
    others = [*range(1, axis), *range(axis + 1, node.rank())]
    indices = op.Expand(op.Unsqueeze(at, others), op.Shape(update))
    kept = op.ScatterElements(ct, indices, zeros_like(op, update), axis=axis)
    return kept, op.GatherElements(ct, indices, axis=axis)


def _reduced(op: Emitter, node: ForwardNode, ct: ir.Value, gather: Gather, scatter: Scatter) -> Triple:
    """None: d̅ = y̅ where nothing was written, u̅ = y̅ there.  Add: d̅ = y̅, u̅ = y̅ there.  Others: below."""
    reduction = node.attribute("reduction", "none")
    if reduction == "none":
        return scatter(ct, zeros_like(op, node.inputs[2]), "none"), None, gather(ct)
    if reduction == "add":
        return ct, None, gather(ct)
    return (_product if reduction == "mul" else _extremum)(op, node, ct, gather, scatter)


def _product(op: Emitter, node: ForwardNode, ct: ir.Value, gather: Gather, scatter: Scatter) -> Triple:
    """d̅ = y̅·Πu,  u̅ᵢ = y̅·d·Πⱼ≠ᵢ uⱼ over the updates at one place, also where some are 0."""
    data, _, updates = node.inputs
    ones = op.Expand(np.ones(()), op.Shape(data))
    is_zero = op.Equal(updates, 0.0)
    zero = op.CastLike(is_zero, ct)
    filled = op.Where(is_zero, 1.0, updates)
    other_zeros = op.Sub(gather(scatter(zeros_like(op, data), zero, "add")), zero)
    product = gather(op.Mul(ct, scatter(data, filled, "mul")))
    others = op.Where(op.Equal(other_zeros, 0.0), op.Div(product, filled), 0.0)
    return op.Mul(ct, scatter(ones, updates, "mul")), None, others


def _extremum(op: Emitter, node: ForwardNode, ct: ir.Value, gather: Gather, scatter: Scatter) -> Triple:
    """d̅ = y̅·[d = y]/n,  u̅ = y̅·[u = y]/n; ties share evenly among all n, as in torch.scatter_reduce."""
    data, _, updates = node.inputs
    (y,) = node.outputs
    kept = op.CastLike(op.Equal(data, y), ct)
    taken = op.CastLike(op.Equal(updates, gather(y)), ct)
    share = op.Div(ct, scatter(kept, taken, "add"))
    return op.Mul(share, kept), None, op.Mul(gather(share), taken)
