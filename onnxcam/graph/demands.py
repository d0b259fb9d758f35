"""Ranks of values whose makers leave them open, told by what reads them."""

from __future__ import annotations

import onnx_ir as ir

__all__ = ["demanded_shape"]

OF_FILTERS = frozenset({"Conv", "ConvTranspose"})
RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
RANK_KEEPING = frozenset({"Cast", "Identity", "LeakyRelu", "LogSoftmax", "Relu", "Sigmoid", "Softmax", "Tanh"})


def demanded_shape(value: ir.Value) -> ir.Shape | None:
    """The rank that an operator asks of `value`: an If whose branches differ in rank settles none itself."""
    for node, place in value.uses():
        rank = _demanded(node) if place == 0 and node.domain == "" else None
        if rank is not None:
            return ir.Shape([None] * rank)
    return None


def _demanded(node: ir.Node) -> int | None:
    """The rank of the first input."""
    if node.op_type in OF_FILTERS:
        return _rank(node.inputs[1])
    if node.op_type in RECURRENT:
        return 3
    made = _rank(node.outputs[0])
    if node.op_type in RANK_KEEPING:
        return made
    if node.op_type == "Unsqueeze" and made is not None:
        if "axes" in node.attributes:
            return made - len(node.attributes["axes"].as_ints())
        axes = node.inputs[1].shape if node.inputs[1] is not None else None
        return made - axes[0] if axes is not None and isinstance(axes[0], int) else None
    return None


def _rank(value: ir.Value | None) -> int | None:
    return value.shape.rank() if value is not None and value.shape is not None else None
