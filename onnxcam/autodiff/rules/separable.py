"""Linear maps that act on each axis by itself: their transposes, an axis at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter


def contract(
    op: Emitter, ct: ir.Value, matrices: Mapping[int, Any], rank: int, like: ir.Value, *, is_guarded: bool = False
) -> ir.Value:
    """`ct` with each axis of `matrices` contracted, to the shape of the forward value `like`.

    Args:
        op: The emitter.
        ct: The cotangent.
        matrices: For an axis its `(in, out)` matrix, a value or an array: in is the axis' size in `like`, out its size
            in `ct`.
        rank: Number of axes.
        like: The value whose shape results.
        is_guarded: Reshape in any case, so that an axis of `ct` that is wrongly taken for unchanged fails the run.
    """
    is_flat = is_guarded
    for axis in sorted(matrices, reverse=True):
        if axis == rank - 1:
            ct = op.MatMul(ct, op.Transpose(matrices[axis], perm=[1, 0]))
            continue
        if axis < rank - 2:
            ct = op.Reshape(ct, [0] * (axis + 1) + [-1])
            is_flat = True
        ct = op.MatMul(matrices[axis], ct)
    return op.Reshape(ct, op.Shape(like)) if is_flat else ct
