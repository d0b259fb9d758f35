"""Cotangents of sequences: a sequence of as many tensors, each of the shape of the forward one."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter

__all__ = ["add_sequences", "is_sequence", "zero_sequence"]


def is_sequence(value: ir.Value | None) -> bool:
    """Whether `value` is a sequence of tensors."""
    return value is not None and isinstance(value.type, ir.SequenceType)


def add_sequences(op: Emitter, a: ir.Value, b: ir.Value) -> ir.Value:
    """The sums of the tensors of two sequences of one length."""
    return _mapped(op, lambda inner, x, y: inner.Add(x, y), a, b)


def zero_sequence(op: Emitter, like: ir.Value) -> ir.Value:
    """Zeros in the shapes of the tensors of a sequence."""
    return _mapped(op, lambda inner, x: inner.Mul(x, 0.0), like)


def _mapped(op: Emitter, function: Any, *sequences: ir.Value) -> ir.Value:
    """SequenceMap of `function` over sequences of float tensors."""
    inner = op.subgraph()
    inner.put_out(function(inner, *(inner.parameter() for _ in sequences)))
    mapped: ir.Value = op.SequenceMap(*sequences, body=inner.graph)
    mapped.type = ir.SequenceType(ir.TensorType(op.dtype))
    return mapped
