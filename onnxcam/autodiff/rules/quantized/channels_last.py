"""Images whose channels come last, as ONNX Runtime's optimiser lays them out."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode


def channels_first(op: Emitter, node: ForwardNode, x: Any) -> Any:
    """The first input with its channels in front of space; as it is, if attribute `channels_last` is off."""
    if not node.attribute("channels_last", 0):
        return x
    rank = node.rank()
    return op.Transpose(x, perm=[0, rank - 1, *range(1, rank - 1)])


def channels_last(op: Emitter, node: ForwardNode, y: ir.Value) -> ir.Value:
    """An output with its channels behind space; as it is, if attribute `channels_last` is off."""
    if not node.attribute("channels_last", 0):
        return y
    placed: ir.Value = op.Transpose(y, perm=[0, *range(2, node.rank()), 1])
    return placed
