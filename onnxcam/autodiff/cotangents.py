"""Sums and zeros of cotangents: a tensor's, or a sequence's, which is a sequence of as many tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter

__all__ = ["add", "element_type", "is_sequence", "zeros_like"]


def add(op: Emitter, *cotangents: ir.Value) -> ir.Value:
    """The sum of all cotangents of one value, in one node."""
    if len(cotangents) == 1:
        return cotangents[0]
    if is_sequence(cotangents[0]):
        return _mapped(op, lambda inner, *parts: add(inner, *parts), *cotangents)
    total: ir.Value = op.Add(*cotangents) if len(cotangents) == 2 else op.Sum(*cotangents)
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


def element_type(value: ir.Value) -> ir.DataType:
    """The type of a tensor's elements, or of those of a sequence's tensors."""
    dtype = value.dtype if value.type is None else value.type.dtype
    assert dtype is not None
    return dtype


def _mapped(op: Emitter, function: Any, *sequences: ir.Value) -> ir.Value:
    """SequenceMap of `function` over sequences of float tensors."""
    inner = op.subgraph()
    inner.put_out(function(inner, *(inner.parameter() for _ in sequences)))
    mapped: ir.Value = op.SequenceMap(*sequences, body=inner.graph)
    mapped.type = ir.SequenceType(ir.TensorType(op.dtype))
    return mapped
