"""Operators that hand their input on: casts, identity, dropout."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.graph import is_real

Values = tuple[ir.Value | None, ...]


@vjp("Cast", "CastLike")
def cast(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value | None:
    """x̅ = y̅ between floats of any width and integers that stand for real numbers; 0 where either side is neither."""
    return ct if is_real(node.inputs[0]) and is_real(node.outputs[0]) else None


@vjp("BitCast")
def bit_cast(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ where the type stays; bits read as another type have no derivative."""
    given, wanted = node.inputs[0], ir.DataType(node.attribute("to"))
    if given is None or given.dtype != wanted:
        raise node.refusal(f"it reads the bits of {given.dtype if given is not None else 'nothing'} as {wanted}")
    return ct


@vjp("Identity")
def identity(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅."""
    return ct


@vjp("Dropout")
def dropout_inference(op: Emitter, node: ForwardNode, ct: ir.Value | None, mask: None = None) -> ir.Value | None:
    """x̅ = y̅: these versions have no training mode."""
    return ct


@vjp("Dropout", since=12)
def dropout(op: Emitter, node: ForwardNode, ct: ir.Value | None, mask: None = None) -> Values:
    """x̅ = y̅,  r̅ = 0; in training mode x̅ = y̅·mask/(1 - r),  r̅ = Σ y̅·y/(1 - r), the mask taken as constant."""
    if ct is None:
        return ()
    training = node.input(2)
    is_training = node.constant(2)
    if training is None or (is_training is not None and not is_training.any()):
        return (ct,)
    if len(node.outputs) < 2 or not node.outputs[1].name:
        raise node.refusal("it is in training mode, or may be, and does not give its mask away")
    ratio = node.input(1)
    kept = op.Sub(1.0, 0.5 if ratio is None else ratio)
    ratio_ct = op.Div(op.ReduceSum(op.Mul(ct, node.outputs[0]), keepdims=0), kept) if node.is_wanted(1) else None
    if is_training is None:
        kept = op.Where(training, kept, 1.0)  # the mask holds everything then
        ratio_ct = op.Where(training, ratio_ct, 0.0) if ratio_ct is not None else None
    return op.Mul(ct, op.Div(op.Cast(node.outputs[1], to=op.dtype), kept)), ratio_ct
