"""Scan: a body run along the slices of its inputs, with states carried on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.bodies import Body, body_of
from onnxcam.autodiff.cotangents import add, zeros_like
from onnxcam.autodiff.emitter import FLOATS, Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = Sequence[Any]
Ints = tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """What a Scan node reads and makes.

    Attributes:
        body: Run once a step.
        states: The initial states.
        scanned: The inputs that are cut into slices, one a step.
        axes: The axis of each scanned input, non-negative.
        directions: Of each scanned input, 1 for from the end.
        output_axes: The axis of each scan output, non-negative.
        output_directions: Of each scan output, 1 for prepending.
    """

    body: Body
    states: list[ir.Value]
    scanned: list[ir.Value]
    axes: Ints
    directions: Ints
    output_axes: Ints
    output_directions: Ints

    def attributes(self, graph: ir.Graph, more: int = 0) -> dict[str, Any]:
        """Those of a Scan over the same inputs, and `more` that are stacked along the first axis."""
        rest = [0] * more
        return {
            "body": graph,
            "num_scan_inputs": len(self.scanned) + more,
            "scan_input_axes": [*self.axes, *rest],
            "scan_input_directions": [*self.directions, *rest],
        }


@vjp("Scan", since=9)
def scan(op: Emitter, node: ForwardNode, *cts: ir.Value | None) -> Values:
    """(s̅ₜ, x̅ₜ, v̅ += …) = the body's pull-back at (sₜ, xₜ) of (s̅ₜ₊₁, y̅ₜ), from the last step to the first."""
    form = _form(op, node)
    count = len(form.states)
    states = [i for i, s in enumerate(form.states) if s.dtype in FLOATS]
    slices = [i for i, x in enumerate(form.scanned) if node.is_wanted(x)]
    outs = [k for k, ct in enumerate(cts[count:]) if ct is not None]
    captured = [v for v in node.captured if node.is_wanted(v)]
    inner = _step_back(op, form, [states, slices, outs], captured, list(cts))
    ends = [zeros_like(op, form.states[i]) if cts[i] is None else cts[i] for i in states]
    sums = [zeros_like(op, v) for v in captured]
    read = [*form.scanned, *_states_of_steps(op, form), *(cts[count + k] for k in outs)]
    back = tuple(1 - d for d in form.directions)
    results = op.emit(
        "Scan",
        [*ends, *sums, *read],
        {
            "body": inner.graph,
            "num_scan_inputs": len(read),
            "scan_input_axes": [*form.axes, *[0] * count, *(form.output_axes[k] for k in outs)],
            "scan_input_directions": [*back, *[1] * count, *(1 - form.output_directions[k] for k in outs)],
            "scan_output_axes": [form.axes[i] for i in slices] or None,
            "scan_output_directions": [back[i] for i in slices] or None,
        },
        len(ends) + len(sums) + len(slices),
    )
    likes = [*(form.states[i] for i in states), *captured, *(form.scanned[i] for i in slices)]
    places = [*states, *captured, *(count + i for i in slices)]
    found = {p: op.describe(made, like=v) for p, made, v in zip(places, results, likes, strict=True)}
    return [*(found.get(i) for i in range(len(node.inputs))), *(found.get(v) for v in node.captured)]


def _step_back(
    op: Emitter, form: Form, places: Sequence[list[int]], captured: list[ir.Value], cts: list[ir.Value | None]
) -> Emitter:
    """The backward Scan's body, whose inputs are cotangents of states, sums, slices, states, cotangents of outputs."""
    states, slices, outs = places
    inner, count = op.subgraph(), len(form.states)
    state_cts = {i: inner.parameter_like(form.states[i], is_fixed=True) for i in states}
    sums = [inner.parameter_like(v, is_fixed=True) for v in captured]
    given, kept = _sliced(inner, form), [inner.parameter_like(s, is_fixed=True) for s in form.states]
    out_cts = {
        k: inner.parameter_like(_known(cts[count + k]), without=form.output_axes[k], is_fixed=True) for k in outs
    }
    wanted = [*(state_cts.get(i) for i in range(count)), *(out_cts.get(k) for k in range(len(cts) - count))]
    leaves = [*(kept[i] for i in states), *(given[i] for i in slices), *captured]
    found = form.body.pull_back(inner, [*kept, *given], wanted, leaves)
    at_states, at_slices, at_captured = (
        found[: len(states)],
        found[len(states) : len(states) + len(slices)],
        found[len(states) + len(slices) :],
    )
    for i, ct in zip(states, at_states, strict=True):
        inner.put_out(zeros_like(inner, kept[i]) if ct is None else ct)
    for total, ct in zip(sums, at_captured, strict=True):
        inner.put_out(total if ct is None else add(inner, total, ct))
    for i, ct in zip(slices, at_slices, strict=True):
        inner.put_out(zeros_like(inner, given[i]) if ct is None else ct)
    return inner


def _states_of_steps(op: Emitter, form: Form) -> list[ir.Value]:
    """The states that each step began with, stacked: the Scan once more."""
    inner = op.subgraph()
    states, slices = [inner.parameter_like(s, is_fixed=True) for s in form.states], _sliced(inner, form)
    for after in form.body.replay(inner, [*states, *slices])[: len(states)]:
        inner.put_out(after)
    for before in states:
        inner.put_out(before)
    attributes = form.attributes(inner.graph)
    results = op.emit("Scan", [*form.states, *form.scanned], attributes, 2 * len(states))
    return [op.describe(r, like=s, lead=1) for r, s in zip(results[len(states) :], form.states, strict=True)]


def _sliced(inner: Emitter, form: Form) -> list[ir.Value]:
    return [inner.parameter_like(x, without=a, is_fixed=True) for x, a in zip(form.scanned, form.axes, strict=True)]


def _known(value: ir.Value | None) -> ir.Value:
    assert value is not None
    return value


def _form(op: Emitter, node: ForwardNode) -> Form:
    given = [_known(v) for v in node.inputs]
    count = len(given) - int(node.attribute("num_scan_inputs"))
    states, scanned, outputs = given[:count], given[count:], node.outputs[count:]

    def axes(name: str, values: Sequence[ir.Value]) -> Ints:
        found = node.attribute(name) or (0,) * len(values)
        return tuple(a + node.rank(v) if a < 0 else a for a, v in zip(found, values, strict=True))

    return Form(
        body_of(op, node, "body"),
        states,
        scanned,
        axes("scan_input_axes", scanned),
        node.attribute("scan_input_directions") or (0,) * len(scanned),
        axes("scan_output_axes", outputs),
        node.attribute("scan_output_directions") or (0,) * len(outputs),
    )
