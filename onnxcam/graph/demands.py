"""Ranks of values whose makers' inputs leave them open, told by weights and by what reads them."""

from __future__ import annotations

import onnx_ir as ir

__all__ = ["demanded_shape"]

OF_FILTERS = frozenset({"Conv", "ConvTranspose"})
RECURRENT = frozenset({"GRU", "LSTM", "RNN"})
RANK_KEEPING = frozenset({"Cast", "Identity", "LeakyRelu", "LogSoftmax", "Relu", "Sigmoid", "Softmax", "Tanh"})

# How many inputs hold tokens, and what counts their heads.
OF_TOKENS = {"Attention": (3, "q_num_heads"), "RotaryEmbedding": (1, "num_heads")}


def demanded_shape(value: ir.Value) -> ir.Shape | None:
    """The rank that `value` must have: an If whose branches differ in rank leaves it open, and what follows."""
    maker = value.producer()
    if maker is not None and maker.domain == "" and maker.op_type == "Conv":
        filters = maker.inputs[1].shape if maker.inputs[1] is not None else None
        return ir.Shape([None, filters[0], *[None] * (filters.rank() - 2)]) if filters is not None else None
    if maker is not None and maker.domain == "" and maker.op_type in RECURRENT:
        return ir.Shape([None] * (4 if value.index() == 0 else 3))  # of all steps, or of the last
    for node, place in value.uses():
        rank = _of_tokens(node, place) or _demanded(node, place) if node.domain == "" else None
        if rank is not None:
            return ir.Shape([None] * rank)
    return None


def _of_tokens(node: ir.Node, place: int) -> int | None:
    """The rank of tokens, which have an axis of heads unless an attribute counts these."""
    inputs, counted = OF_TOKENS.get(node.op_type, (0, ""))
    if place >= inputs:
        return None
    return 3 if counted in node.attributes else 4


def _demanded(node: ir.Node, place: int) -> int | None:
    """The rank of the first input."""
    if place > 0:
        return None
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
