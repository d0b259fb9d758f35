"""A graph of standard operators at an older opset."""

from __future__ import annotations

import onnx_ir as ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from onnxcam.exporting.opsets.register import NoOlderForm
from onnxcam.exporting.opsets.walking import Walk
from onnxcam.exporting.opsets.writer import Writer
from onnxcam.graph.folding import with_folded_integers

__all__ = ["at_opset", "oldest_opset"]


def at_opset(model: ir.Model, opset: int) -> ir.Model:
    """The same computation at an older opset, or at the model's own: a copy, whose tensors are shared.

    Inputs, outputs and every value of a node that stays keep their names; sub-graphs are rewritten too.

    Args:
        model: Of operators of `ai.onnx`, with types and, where a form needs them, ranks and sizes.
        opset: 7 or newer.

    Raises:
        NoOlderForm: Nodes that have no form there, each with the reason.
    """
    folded = with_folded_integers(model)
    older = model.clone() if folded is model else folded
    lacks = Walk(Writer(older), opset, is_folding=True).rewrite()
    if lacks:
        raise NoOlderForm(opset, tuple(lacks))
    RemoveUnusedNodesPass()(older)
    return older


def oldest_opset(model: ir.Model, start: int) -> int:
    """The oldest opset from `start` on at which every node has a form; the model's own at the latest."""
    own = int(model.graph.opset_imports[""])
    for opset in range(start, own):
        try:
            at_opset(model, opset)
        except NoOlderForm:
            continue
        return opset
    return max(start, own)
