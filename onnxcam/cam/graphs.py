"""What the methods written as graphs share: sums over channels, and over positions."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["BOOL", "by_channel", "by_position", "mean", "total"]

BOOL = 9
"""What ONNX calls a boolean (`TensorProto.BOOL`): a number cast to it says whether it is other than 0."""
MANY = 4096
"""Positions from which on a running sum in float32 is off by more than the map may be: 64^3 by 8e-5 of it."""


def by_channel(op: Any, alpha: Any, activation: Any) -> Any:
    """sum_k alpha_k A_k of channel weights `(N, K, 1)` and an activation `(N, K, P)`: `(N, P)`."""
    return op.Reshape(op.MatMul(op.Reshape(alpha, [0, 1, -1]), activation), [0, -1])


def by_position(op: Any, weights: Any, activation: Any) -> Any:
    """sum_k W_k A_k of weights and an activation, both `(N, K, P)`: `(N, P)`."""
    return op.ReduceSum(op.Mul(weights, activation), [1], keepdims=0)


def total(op: Any, values: Any) -> Any:
    """The sum over the positions of `(N, K, P)`: `(N, K, 1)`."""
    return _reduced(op, op.ReduceSum, values)


def mean(op: Any, values: Any) -> Any:
    """The mean over the positions of `(N, K, P)`: `(N, K, 1)`."""
    return _reduced(op, op.ReduceMean, values)


def _reduced(op: Any, reduce: Any, values: Any) -> Any:
    """Group by group where the positions are many: runtimes have one running sum for each row."""
    group = _group(values.shape[2] if values.shape is not None else None)
    if group > 1:
        values = reduce(op.Reshape(values, [0, 0, -1, group]), [3], keepdims=0)
    return reduce(values, [2], keepdims=1)


def _group(positions: object) -> int:
    """The positions of a group: their largest divisor up to its root; 1 for few, or a number nobody knows."""
    if not isinstance(positions, int) or positions < MANY:
        return 1
    return next(size for size in range(math.isqrt(positions), 0, -1) if positions % size == 0)
