"""Undoing broadcasting: a cotangent is summed to the shape of the value it belongs to."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter

__all__ = ["sum_to"]


def sum_to(op: Emitter, ct: ir.Value, value: ir.Value) -> ir.Value:
    """`ct` summed over the axes along which the forward `value` was broadcast; nothing is emitted where none was.

    Axes are found from static and symbolic dimensions where these tell, else at run time.
    """
    if ct.shape is None or value.shape is None:
        return _sum_at_run_time(op, ct, value)
    lead = ct.shape.rank() - value.shape.rank()
    if any(not _is_settled(value.shape[i], ct.shape[lead + i]) for i in range(value.shape.rank())):
        return _sum_at_run_time(op, ct, value)
    summed = [lead + i for i, d in enumerate(value.shape) if d == 1 and ct.shape[lead + i] != 1]
    if summed:
        ct = op.ReduceSum(ct, summed, keepdims=1)
    if lead:
        ct = op.ReduceSum(ct, list(range(lead)), keepdims=0)
    return ct


def _is_settled(wanted: int | ir.SymbolicDim, given: int | ir.SymbolicDim) -> bool:
    """Whether it is known without a run if this dimension was broadcast."""
    if isinstance(wanted, int):
        return True
    return wanted.value is not None and wanted == given


def _sum_at_run_time(op: Emitter, ct: ir.Value, value: ir.Value) -> ir.Value:
    shape = op.Shape(value)
    lead = op.Sub(op.Size(op.Shape(ct)), op.Size(shape))
    padded = op.Concat(op.Expand(op.Constant(value_ints=[1]), op.Reshape(lead, [1])), shape, axis=0)
    axes = op.Reshape(op.NonZero(op.Equal(padded, 1)), [-1])
    summed: ir.Value = op.Reshape(op.ReduceSum(ct, axes, keepdims=1, noop_with_empty_axes=1), shape)
    return summed
