"""A shipped model at a newer opset."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import onnx
import onnx_ir as ir

from onnxcam.errors import ModelError
from onnxcam.exporting.opsets.walking import Walk
from onnxcam.exporting.opsets.writer import Writer
from onnxcam.graph.analyse import analyse

__all__ = ["upgraded"]

OF_CONSTANTS = 4
"""The `ir_version` from which on initializers need not be inputs."""


def upgraded(model: ir.Model, opset: int, *, keep: Collection[str] = ()) -> ir.Model:
    """The same computation at a newer version of `ai.onnx`: a copy, whose tensors are shared and unread.

    Inputs, outputs and initializers stay as they are, nodes of other domains too; so do the names of all values that
    a node makes. The `ir_version` is that of the opset at least.

    Args:
        model: As it ships; functions are inlined.
        opset: That of the model or newer.
        keep: Values that must be there afterwards.

    Raises:
        ModelError: A node has no newer form, with `node`, `op_type` and `opset`; a value got lost, with `values`.
    """
    newer = model.clone()
    found = ir.convenience.create_value_mapping(analyse(model))
    guessed = [v for v in _values(newer) if v.type is None or v.shape is None]
    declared = [(v, v.type, v.shape) for v in guessed]
    for value in guessed:
        known = found.get(str(value.name))
        if known is not None:
            value.type, value.shape = known.type, known.shape
    lacks = Walk(Writer(newer), opset, is_folding=False).rewrite()
    if lacks:
        lack = lacks[0]
        raise ModelError(
            f"{lack.op_type} at node '{lack.node}' cannot be written at opset {lack.opset}: {lack.reason}. "
            f"Export the model from its framework at opset {opset} or newer.",
            op_type=lack.op_type,
            node=lack.node,
            opset=opset,
        )
    for value, kind, shape in declared:
        value.type, value.shape = kind, shape
    oldest = onnx.helper.OP_SET_ID_VERSION_MAP.get(("ai.onnx", opset), 0)
    newer.ir_version = max(newer.ir_version, oldest, OF_CONSTANTS)
    _refuse_lost(newer, keep, opset)
    return newer


def _values(model: ir.Model) -> Iterator[ir.Value]:
    for graph in model.graphs():
        for node in graph:
            yield from node.outputs


def _refuse_lost(model: ir.Model, keep: Collection[str], opset: int) -> None:
    values = {name for graph in model.graphs() for name in ir.convenience.create_value_mapping(graph)}
    lost = sorted(set(keep) - values)
    if lost:
        raise ModelError(
            f"at opset {opset} the model has no value {', '.join(map(repr, lost))} any more. "
            f"Export the model from its framework at opset {opset} or newer.",
            values=tuple(lost),
            opset=opset,
        )
