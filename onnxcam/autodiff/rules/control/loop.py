"""Loop: a body run until its condition fails, with states carried on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.bodies import Body, body_of
from onnxcam.autodiff.cotangents import add, element_type, is_sequence, zeros_like
from onnxcam.autodiff.emitter import FLOATS, Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = Sequence[Any]
INT64, BOOL = ir.DataType.INT64, ir.DataType.BOOL


@dataclasses.dataclass(frozen=True, slots=True)
class Trips:
    """What a run of the loop is known by, computed once more.

    Attributes:
        node: The Loop.
        body: Run once a trip.
        states: The initial states.
        count: How many trips there were, a scalar.
        kept: For each tensor among the states, the sequence of its values before each trip; None for a sequence.
        last: The final states.
    """

    node: ForwardNode
    body: Body
    states: tuple[ir.Value, ...]
    count: ir.Value
    kept: tuple[ir.Value | None, ...]
    last: tuple[ir.Value, ...]


@vjp("Loop")
def loop(op: Emitter, node: ForwardNode, *cts: ir.Value | None) -> Values:
    """(s̅ₜ, v̅ += …) = the body's pull-back at sₜ of (s̅ₜ₊₁, y̅ₜ), from the last trip to the first."""
    trips = _run_again(op, node)
    carried = [i for i, s in enumerate(trips.states) if element_type(s) in FLOATS]
    captured = [v for v in node.captured if node.is_wanted(v)]
    count = len(trips.states)
    ends = [zeros_like(op, trips.last[i]) if cts[i] is None else cts[i] for i in carried]
    sums = [zeros_like(op, v) for v in captured]
    inner = _trip_back(op, trips, carried, captured, dict(enumerate(cts[count:])))
    read = [trips.count, None, *ends, *sums]
    results = op.emit("Loop", read, {"body": inner.graph}, len(ends) + len(sums))
    likes = [*(trips.states[i] for i in carried), *captured]
    made = [op.describe(result, like=like) for result, like in zip(results, likes, strict=True)]
    at_states, at_captured = dict(zip(carried, made, strict=False)), dict(zip(captured, made[len(ends) :], strict=True))
    return [None, None, *(at_states.get(i) for i in range(count)), *(at_captured.get(v) for v in node.captured)]


def _trip_back(
    op: Emitter, trips: Trips, carried: list[int], captured: list[ir.Value], outs: dict[int, ir.Value | None]
) -> Emitter:
    """The backward Loop's body, which carries the cotangents of states and the sums for what is captured."""
    inner = op.subgraph()
    backward, proceed = inner.parameter(INT64, ir.Shape([])), inner.parameter(BOOL, ir.Shape([]))
    state_cts = {i: inner.parameter_like(trips.last[i]) for i in carried}
    sums = [inner.parameter_like(v, is_fixed=True) for v in captured]
    trip = inner.Sub(inner.Sub(trips.count, 1), backward)
    states = _states_before(inner, trips, trip)
    out_cts = [None if ct is None else inner.Gather(ct, trip, axis=0) for ct in outs.values()]
    wanted = [None, *(state_cts.get(i) for i in range(len(states))), *out_cts]
    leaves = [*(states[i] for i in carried), *captured]
    found = trips.body.pull_back(inner, [trip, proceed, *states], wanted, leaves)
    inner.put_out(proceed)
    for i, ct in zip(carried, found[: len(carried)], strict=True):
        inner.put_out(zeros_like(inner, states[i]) if ct is None else ct)
    for total, ct in zip(sums, found[len(carried) :], strict=True):
        inner.put_out(total if ct is None else add(inner, total, ct))
    return inner


def _states_before(op: Emitter, trips: Trips, trip: ir.Value) -> list[ir.Value]:
    """The states that a trip began with. Sequences have no sequence to be kept in: the trips before it run again."""
    again = None
    found = []
    for i, (kept, state) in enumerate(zip(trips.kept, trips.states, strict=True)):
        if kept is not None:
            found.append(op.describe(op.SequenceAt(kept, trip), like=state))
            continue
        if again is None:
            again = _run(op, trips.node, trips.body, trip, op.subgraph())
        found.append(again[i])
    for value in found:
        if value.shape is not None:
            value.shape = ir.Shape([None] * value.shape.rank())
    return found


def _run_again(op: Emitter, node: ForwardNode) -> Trips:
    """The Loop once more, with a count of its trips, and a sequence that each state is added to before each trip."""
    body, states = body_of(op, node, "body"), node.inputs[2:]
    inner = op.subgraph()
    tensors = [i for i, s in enumerate(states) if s is not None and not is_sequence(s)]
    ends = _run(op, node, body, node.inputs[0], inner, tensors)
    kept = dict(zip(tensors, ends[len(states) + 1 :], strict=True))
    return Trips(
        node,
        body,
        tuple(s for s in states if s is not None),
        ends[len(states)],
        tuple(kept.get(i) for i in range(len(states))),
        tuple(ends[: len(states)]),
    )


def _run(
    op: Emitter, node: ForwardNode, body: Body, limit: Any, inner: Emitter, kept: Sequence[int] | None = None
) -> list[ir.Value]:
    """The final states of at most `limit` trips; with `kept`, the number of trips and the kept sequences too."""
    states = [s for s in node.inputs[2:] if s is not None]
    trip, proceed = inner.parameter(INT64, ir.Shape([])), inner.parameter(BOOL, ir.Shape([]))
    given = [inner.parameter_like(s) for s in states]
    counter = [] if kept is None else [inner.parameter(INT64, ir.Shape([]))]
    histories = [_sequence_parameter(inner, states[i]) for i in kept or ()]
    outputs = body.replay(inner, [trip, proceed, *given])
    for output in outputs[: 1 + len(states)]:
        inner.put_out(output)
    for number in counter:
        inner.put_out(inner.Add(number, 1))
    for i, history in zip(kept or (), histories, strict=True):
        inner.put_out(inner.SequenceInsert(history, given[i]))
    zero = [] if kept is None else [op.Constant(value_int=0)]
    empty = [op.SequenceEmpty(dtype=op.local(states[i]).dtype) for i in kept or ()]
    read = [limit, node.inputs[1], *states, *zero, *empty]
    results = op.emit("Loop", read, {"body": inner.graph}, len(read) - 2)
    likes = [*states, *counter, *histories]
    made = [op.describe(result, like=like) for result, like in zip(results, likes, strict=True)]
    for value, state in zip(made, states, strict=False):
        if state.shape is not None:
            value.shape = ir.Shape([None] * state.shape.rank())
    return made


def _sequence_parameter(inner: Emitter, like: ir.Value) -> ir.Value:
    value = inner.parameter()
    value.type = ir.SequenceType(ir.TensorType(element_type(inner.describe(ir.Value(), like))))
    return value
