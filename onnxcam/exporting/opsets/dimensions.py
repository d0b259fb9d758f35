"""What is known of a vector of sizes that a graph computes: some are numbers, some are sizes of its values."""

from __future__ import annotations

import dataclasses

import onnx_ir as ir

from onnxcam.exporting.opsets.writer import Writer

__all__ = ["Size", "sizes_of"]

KEEPING = frozenset({"Identity", "Reshape", "Squeeze", "Unsqueeze"})


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """The size of an axis of a value, which only a run knows."""

    value: ir.Value
    axis: int


def sizes_of(op: Writer, vector: ir.Value | None) -> list[int | Size | None] | None:
    """Each entry of a vector of integers: a number, a size, or None; None where not even its length is known."""
    known = op.known(vector)
    if known is not None:
        return [int(number) for number in known.reshape(-1)]
    node = vector.producer() if vector is not None else None
    if node is None:
        return None
    if node.op_type == "Shape":
        return _shape(node)
    if node.op_type == "Concat":
        parts = [sizes_of(op, part) for part in node.inputs]
        return None if None in parts else [size for part in parts for size in part or []]
    if node.op_type in KEEPING:
        found = sizes_of(op, node.inputs[0])
        return found if found is not None and len(found) == 1 else None
    if node.op_type == "Gather":
        return _picked(op, node)
    return _sliced(op, node) if node.op_type == "Slice" else None


def _shape(node: ir.Node) -> list[int | Size | None] | None:
    value = node.inputs[0]
    if value is None or value.shape is None:
        return None
    start, end = (node.attributes[k].as_int() if k in node.attributes else None for k in ("start", "end"))
    sizes: list[int | Size | None] = [d if isinstance(d, int) else Size(value, i) for i, d in enumerate(value.shape)]
    return sizes[start:end]


def _picked(op: Writer, node: ir.Node) -> list[int | Size | None] | None:
    sizes, places = sizes_of(op, node.inputs[0]), op.known(node.inputs[1])
    return None if sizes is None or places is None else [sizes[int(place)] for place in places.reshape(-1)]


def _sliced(op: Writer, node: ir.Node) -> list[int | Size | None] | None:
    sizes = sizes_of(op, node.inputs[0])
    if sizes is None:
        return None
    if "starts" in node.attributes:
        return sizes[slice(*(node.attributes[name].as_ints()[0] for name in ("starts", "ends")))]
    bounds = [op.known(value) for value in (*node.inputs[1:3], *node.inputs[4:])]
    if any(bound is None for bound in bounds):
        return None
    return sizes[slice(*(int(bound.reshape(-1)[0]) for bound in bounds if bound is not None))]
