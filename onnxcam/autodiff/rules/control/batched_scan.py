"""Scan as opset 8 had it: a batch of sequences, each with a length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.bodies import Body, body_of
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion


@expansion("Scan", since=8)
def batched_scan(op: Emitter, node: ForwardNode) -> Sequence[ir.Value]:
    """A Scan over the batch, whose body is today's Scan over the steps of one sequence."""
    lengths, *given = node.inputs
    count = int(node.attribute("num_scan_inputs"))
    directions = node.attribute("directions") or (0,) * count
    if lengths is not None and any(directions):
        raise node.refusal("it reads sequences of given lengths from the end")
    values = [v for v in given if v is not None]
    outer = op.subgraph()
    rows = [outer.parameter_like(v, without=0) for v in values]
    length = outer.parameter_like(lengths, without=0) if lengths is not None else None
    states = len(rows) - count
    scanned = [x if length is None else _first(outer, x, length) for x in rows[states:]]
    results = _one_sequence(outer, body_of(op, node, "body"), [*rows[:states], *scanned], directions, len(node.outputs))
    for i, result in enumerate(results):
        whole = result if length is None or i < states else _filled(outer, result, rows[states])
        outer.put_out(whole)
    read = [*values, *([lengths] if lengths is not None else [])]
    made = op.emit("Scan", read, {"body": outer.graph, "num_scan_inputs": len(read)}, len(results))
    for value, like in zip(made, node.outputs, strict=True):
        op.describe(value, like=like)
    return made


def _one_sequence(op: Emitter, body: Body, given: list[Any], directions: Sequence[int], count: int) -> list[ir.Value]:
    inner, states = op.subgraph(), len(given) - len(directions)
    parameters = [inner.parameter_like(v, without=0 if i >= states else None) for i, v in enumerate(given)]
    outputs = body.replay(inner, parameters)
    for output in outputs:
        inner.put_out(output)
    attributes = {
        "body": inner.graph,
        "num_scan_inputs": len(directions),
        "scan_input_directions": list(directions),
    }
    made = op.emit("Scan", given, attributes, count)
    for i, (value, output) in enumerate(zip(made, outputs, strict=True)):
        op.describe(value, like=output, lead=int(i >= states))
    return list(made)


def _first(op: Emitter, x: ir.Value, length: ir.Value) -> ir.Value:
    """The first `length` steps."""
    cut: ir.Value = op.Slice(x, [0], op.Reshape(length, [1]), [0])
    return cut


def _filled(op: Emitter, y: ir.Value, x: ir.Value) -> ir.Value:
    """`y` with zeros behind it, of as many steps as `x`."""
    steps = op.Sub(op.Shape(x, start=0, end=1), op.Shape(y, start=0, end=1))
    whole: ir.Value = op.Pad(y, op.Concat([0], steps, axis=0), None, [0])
    return whole
