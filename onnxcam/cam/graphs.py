"""What the methods written as graphs share: sums over channels."""

from __future__ import annotations

from typing import Any

__all__ = ["BOOL", "by_channel", "by_position"]

BOOL = 9
"""What ONNX calls a boolean (`TensorProto.BOOL`): a number cast to it says whether it is other than 0."""


def by_channel(op: Any, alpha: Any, activation: Any) -> Any:
    """sum_k alpha_k A_k of channel weights `(N, K, 1)` and an activation `(N, K, P)`: `(N, P)`."""
    return op.Squeeze(op.MatMul(op.Transpose(alpha, perm=[0, 2, 1]), activation), [1])


def by_position(op: Any, weights: Any, activation: Any) -> Any:
    """sum_k W_k A_k of weights and an activation, both `(N, K, P)`: `(N, P)`."""
    return op.ReduceSum(op.Mul(weights, activation), [1], keepdims=0)
