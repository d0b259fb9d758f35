"""Sums and zeros of cotangents: a tensor's, or a sequence's, which is a sequence of as many tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter

__all__ = ["add", "is_sequence", "zeros_like"]


def add(op: Emitter, a: ir.Value, b: ir.Value) -> ir.Value:
    """The sum of two cotangents of one value."""
    if is_sequence(a):
        return _mapped(op, lambda inner, x, y: inner.Add(x, y), a, b)
    total: ir.Value = op.Add(a, b)
    return total


def zeros_like(op: Emitter, value: ir.Value | None) -> ir.Value:
    """A cotangent of zero for a value of the forward or of the gradient graph."""
    if value is not None and is_sequence(value):
        return _mapped(op, lambda inner, x: inner.Expand(np.zeros(()), inner.Shape(x)), value)
    zeros: ir.Value = op.Expand(np.zeros(()), op.Shape(value))
    return zeros


def is_sequence(value: ir.Value) -> bool:
    """Whether `value` is a sequence of tensors."""
    return isinstance(value.type, ir.SequenceType)


def _mapped(op: Emitter, function: Any, *sequences: ir.Value) -> ir.Value:
    """SequenceMap of `function` over sequences of float tensors."""
    inner = op.subgraph()
    inner.put_out(function(inner, *(inner.parameter() for _ in sequences)))
    mapped: ir.Value = op.SequenceMap(*sequences, body=inner.graph)
    mapped.type = ir.SequenceType(ir.TensorType(op.dtype))
    return mapped
