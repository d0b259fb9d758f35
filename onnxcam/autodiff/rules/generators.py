"""Operators that make a tensor out of a few numbers."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value | None, ...]


@vjp("Range")
def ramp(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """s̅ = Σ y̅ᵢ,  d̅ = Σ y̅ᵢ·i for y = s + d·i. The limit only sets the length: 0, also at its jumps."""
    steps = op.Cast(op.Range(0, op.Size(ct), 1), to=op.dtype)
    return op.ReduceSum(ct, keepdims=0), None, op.ReduceSum(op.Mul(ct, steps), keepdims=0)


@vjp("OneHot")
def one_hot(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """v̅ = (Σ y̅·[off], Σ y̅·[on]) for the two values; indices and depth are integers in meaning, whatever their type."""
    indices, depth, _ = node.inputs
    axis = node.attribute("axis")
    on = op.OneHot(indices, depth, op.Cast([0, 1], to=op.dtype), axis=axis)
    total, at = op.ReduceSum(ct, keepdims=0), op.ReduceSum(op.Mul(ct, on), keepdims=0)
    return None, None, op.Concat(op.Unsqueeze(op.Sub(total, at), [0]), op.Unsqueeze(at, [0]), axis=0)
