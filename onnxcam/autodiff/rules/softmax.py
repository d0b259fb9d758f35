"""Softmax and its logarithm, in both of their meanings."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp


@vjp("Softmax")
def softmax_flattened(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y·(y̅ - Σ y̅·y), Σ over the axes from `axis` on: flattening to 2-D makes them one."""
    return _softmax(op, node, ct, _trailing(node))


@vjp("Softmax", since=13)
def softmax(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y·(y̅ - Σ y̅·y), Σ over `axis`."""
    return _softmax(op, node, ct, [node.axis()])


@vjp("LogSoftmax")
def log_softmax_flattened(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ - exp(y)·Σ y̅, Σ over the axes from `axis` on."""
    return _log_softmax(op, node, ct, _trailing(node))


@vjp("LogSoftmax", since=13)
def log_softmax(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ - exp(y)·Σ y̅, Σ over `axis`."""
    return _log_softmax(op, node, ct, [node.axis()])


def _trailing(node: ForwardNode) -> list[int]:
    return list(range(node.axis(), node.rank()))


def _softmax(op: Emitter, node: ForwardNode, ct: ir.Value, axes: list[int]) -> ir.Value:
    (y,) = node.outputs
    if _is_selected_from(y):
        y = op.Where(op.IsNaN(y), 0.0, y)
    mean = op.ReduceSum(op.Mul(ct, y), axes, keepdims=1)
    return op.Mul(y, op.Sub(ct, mean))


def _is_selected_from(y: ir.Value) -> bool:
    """Whether the model replaces some results, as attention does where a row is masked whole: they are NaN."""
    users = [use.node for use in y.uses()]
    return any(
        user.op_type == "Where" or (user.op_type in {"Cast", "Identity"} and _is_selected_from(user.outputs[0]))
        for user in users
    )


def _log_softmax(op: Emitter, node: ForwardNode, ct: ir.Value, axes: list[int]) -> ir.Value:
    (y,) = node.outputs
    return op.Sub(ct, op.Mul(op.Exp(y), op.ReduceSum(ct, axes, keepdims=1)))
