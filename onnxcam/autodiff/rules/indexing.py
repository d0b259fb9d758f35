"""Operators that pick elements by index: Gather and its kin, TopK, Compress, Unique, ReverseSequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.cotangents import zeros_like
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.shaping import shaped_as
from onnxcam.autodiff.rules.slicing import END, placed, unsliced


@vjp("Gather")
def gather(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ added up at the indices: without a scatter where these are constant and distinct."""
    axis, indices = node.axis(), node.constant(1)
    size = node.dims()[axis]
    if indices is not None and indices.size:
        flat = indices.astype(np.int64).reshape(-1)
        if size is not None:
            flat = np.where(flat < 0, flat + size, flat)
            if len(np.unique(flat)) == len(flat):
                return placed(op, _flattened(op, node, ct, indices, axis), [flat], [axis], [size])
        elif np.all(np.diff(flat) == 1) and (flat[0] >= 0 or flat[-1] < 0):
            start, end = int(flat[0]), int(flat[-1] + 1) or END
            return unsliced(op, node, _flattened(op, node, ct, indices, axis), (start,), (end,), (axis,))
    return _added_up(op, node, ct, _index_tuples(op, node.inputs[1]), node.rank(1), axis)


@vjp("GatherElements")
def gather_elements(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ added up at the indices."""
    return op.ScatterElements(zeros_like(op, node.inputs[0]), node.inputs[1], ct, axis=node.axis(), reduction="add")


@vjp("GatherND")
def gather_nd(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ added up at the index tuples, completed by their own positions in the batch dimensions."""
    indices = node.inputs[1]
    batch_dims = node.attribute("batch_dims", 0)
    if batch_dims:
        rank = node.rank(1)
        shape = op.Concat(op.Slice(op.Shape(indices), [0], [rank - 1]), [1], axis=0)
        parts = []
        for i in range(batch_dims):
            count = op.Gather(op.Shape(indices), np.array(i))
            own = op.Reshape(op.Range(0, count, 1), [-1] + [1] * (rank - 1 - i))
            parts.append(op.Expand(own, shape))
        indices = op.Concat(*parts, indices, axis=-1)
    return op.ScatterND(zeros_like(op, node.inputs[0]), indices, ct, reduction="add")


@vjp("TopK")
def top_k(op: Emitter, node: ForwardNode, ct: ir.Value, _: ir.Value | None) -> ir.Value:
    """x̅ = y̅ at the indices found, 0 elsewhere."""
    return op.ScatterElements(zeros_like(op, node.inputs[0]), node.outputs[1], ct, axis=node.axis())


@vjp("Compress")
def compress(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ where the condition holds, 0 elsewhere; without an axis, of x flattened."""
    chosen = op.Reshape(op.NonZero(node.inputs[1]), [-1, 1])
    if node.attribute("axis") is not None:
        return _added_up(op, node, ct, chosen, 1, node.axis())
    return _flat_placed(op, node, ct, chosen)


@vjp("Unique")
def unique(op: Emitter, node: ForwardNode, ct: ir.Value | None, *_: None) -> ir.Value | None:
    """x̅ = y̅ at the first of equal elements (without an axis, of x flattened), 0 at the others."""
    if ct is None:
        return None
    if len(node.outputs) > 1 and node.outputs[1].name:
        indices = node.outputs[1]
    else:
        form = {name: node.attribute(name) for name in ("axis", "sorted")}
        _, indices = op.Unique(node.inputs[0], **form, _outputs=2)
    first = op.Unsqueeze(indices, [1])
    if node.attribute("axis") is not None:
        return _added_up(op, node, ct, first, 1, node.axis())
    return _flat_placed(op, node, ct, first)


@vjp("ReverseSequence")
def reverse_sequence(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ with the same spans reversed."""
    axes = {name: node.attribute(name) for name in ("batch_axis", "time_axis")}
    return op.ReverseSequence(ct, node.inputs[1], **axes)


def _flat_placed(op: Emitter, node: ForwardNode, ct: ir.Value, indices: ir.Value) -> ir.Value:
    """`ct` at indices (…, 1) of the first input flattened, 0 elsewhere."""
    zeros = op.Expand(np.zeros(()), op.Reshape(op.ReduceProd(op.Shape(node.inputs[0])), [1]))
    return shaped_as(op, node.inputs[0], op.ScatterND(zeros, indices, ct))


def _flattened(op: Emitter, node: ForwardNode, ct: ir.Value, indices: NDArray[Any], axis: int) -> ir.Value:
    """`ct` of a Gather with the dimensions of the indices made one."""
    if indices.ndim == 1:
        return ct
    if indices.ndim == 0:
        return op.Unsqueeze(ct, [axis])
    dims = [indices.size if i == axis else d for i, d in enumerate(node.dims())]
    if dims.count(None) < 2:
        return op.Reshape(ct, [-1 if d is None else d for d in dims])
    shape = op.Shape(node.inputs[0])
    parts = op.Slice(shape, [0], [axis]), [indices.size], op.Slice(shape, [axis + 1], [END])
    return op.Reshape(ct, op.Concat(*parts, axis=0))


def _added_up(op: Emitter, node: ForwardNode, ct: ir.Value, indices: ir.Value, rank: int, axis: int) -> ir.Value:
    """`ct` added up along `axis` of the first input, at `indices`, which have `rank` dimensions and a one behind.

    The dimensions of the indices stand at `axis` in `ct`; ScatterND wants them in front, as it wants the axis.
    """
    if not axis:
        return op.ScatterND(zeros_like(op, node.inputs[0]), indices, ct, reduction="add")
    order = [axis, *range(axis), *range(axis + 1, node.rank())]
    dims = node.dims()
    shape = op.Gather(op.Shape(node.inputs[0]), order) if None in dims else [dims[i] for i in order]
    if rank:
        behind = range(axis + rank, node.rank() - 1 + rank)
        ct = op.Transpose(ct, perm=[*range(axis, axis + rank), *range(axis), *behind])
    added = op.ScatterND(op.Expand(np.zeros(()), shape), indices, ct, reduction="add")
    return op.Transpose(added, perm=[*range(1, axis + 1), 0, *range(axis + 1, node.rank())])


def _index_tuples(op: Emitter, indices: ir.Value | None) -> ir.Value:
    """Indices along one axis as ScatterND takes them: int64, a one behind."""
    assert indices is not None
    return op.Unsqueeze(indices if indices.dtype == ir.DataType.INT64 else op.Cast(indices, to=7), [-1])
