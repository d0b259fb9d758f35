"""LSTM with quantised weights."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, real
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.recurrent.lstm import run_lstm

SCALES = {1: 8, 2: 10}
"""The input that holds the scale of each of the weights; its zero point stands behind it."""


@expansion("DynamicQuantizeLSTM", domain=MICROSOFT)
def dynamic_quantize_lstm(op: Emitter, node: ForwardNode) -> list[ir.Value]:
    """As LSTM, W = (W - z)·s and so R; x and h are quantised on the way, in ranges that cover them."""
    return run_lstm(op, node, *(_weights(op, node, i) for i in SCALES))


def _weights(op: Emitter, node: ForwardNode, index: int) -> Any:
    """`(D, 4·H, size)`, from integers `(D, size, 4·H)` with a scale for each direction, or for each column of one."""
    q, scale, zero = (node.inputs[i] for i in (index, SCALES[index], SCALES[index] + 1))
    assert q is not None
    assert scale is not None
    assert zero is not None
    axes = [1] if node.rank(scale) == 2 else [1, 2]
    s, z = (op.Unsqueeze(real(op, v), axes) for v in (scale, zero))
    return op.Transpose(op.Mul(op.Sub(real(op, q), z), s), perm=[0, 2, 1])
