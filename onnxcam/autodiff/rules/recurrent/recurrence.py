"""What RNN, GRU and LSTM share: a cell, run by Scan along the steps of a sequence, in one direction or in both."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.rules.recurrent.cell_activations import Activation, activations

__all__ = ["Cell", "Direction", "recurrence"]

Step = Callable[..., tuple[Any, ...]]
Values = Sequence[Any]

TURNS = {"forward": (0,), "reverse": (1,), "bidirectional": (0, 1)}
SEQUENCE_LENS = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Direction:
    """The parameters of one direction; I input size, H hidden size, G gates.

    Attributes:
        turn: 1 where it runs from the last step to the first.
        w: `(I, G·H)`, of the input.
        r: `(H, G·H)`, of the recurrence.
        bias: `(G·H)`, of the input, or None.
        r_bias: `(G·H)`, of the recurrence, where the cell keeps it apart, or None.
        peepholes: `(3·H)`, or None.
        activations: f, g, …
        clip: The bound of what enters f and g, or None.
    """

    turn: int
    w: Any
    r: Any
    bias: Any
    r_bias: Any
    peepholes: Any
    activations: tuple[Activation, ...]
    clip: float | None

    def activated(self, op: Emitter, x: Any, which: int) -> Any:
        """The activation function `which` of a gate, which is clipped before."""
        bounded = x if self.clip is None else op.Clip(x, -self.clip, self.clip)
        return self.activations[which](op, bounded)


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """What an operator does at a step.

    Attributes:
        step: `step(op, direction)` emits what is the same at every step, and gives a function `(op, x, *states)` that
            emits the next states, the hidden one first. `x` `(N, G·H)` is the input's part of the gates with its bias;
            a state is `(N, H)`.
        activations: Those of a direction by default.
        initial: Which inputs of the node are the initial states.
        peepholes: Which input of the node holds them, if any.
        keeps_bias: Whether the step adds the recurrence's bias; otherwise it is in `x`.
    """

    step: Callable[[Emitter, Direction], Step]
    activations: tuple[str, ...]
    initial: tuple[int, ...]
    peepholes: int | None = None
    keeps_bias: bool = False


def recurrence(op: Emitter, node: ForwardNode, cell: Cell, w: Any, r: Any) -> list[ir.Value]:
    """Y `(T, D, N, H)`, Y_h `(D, N, H)` and what other states there are, or all with N first.

    Y is zero beyond the end of a sequence, and the states are those at its end; they are zero for an empty one.

    Args:
        op: Emits them.
        node: An RNN, GRU or LSTM, or an operator with the same inputs at the same places.
        cell: What it does at a step.
        w: The input's weights `(D, G·H, I)`.
        r: The recurrence's weights `(D, G·H, H)`.
    """
    x = _input(op, node)
    lens = node.input(SEQUENCE_LENS)
    mask = None if lens is None else _mask(op, x, lens)
    directions = _directions(op, node, cell, w, r)
    initial = zip(*(_initial(op, node, i, x, directions) for i in cell.initial), strict=True)
    runs = [_run(op, cell, one, x, states, mask) for one, states in zip(directions, initial, strict=True)]
    ys, *ends = zip(*runs, strict=True)
    if lens is not None:
        is_empty = op.Reshape(op.Equal(lens, 0), [-1, 1])
        ends = [tuple(op.Where(is_empty, 0.0, e) for e in each) for each in ends]
    y = op.Concat(*(op.Unsqueeze(v, [1]) for v in ys), axis=1)
    stacked = [op.Concat(*(op.Unsqueeze(v, [0]) for v in each), axis=0) for each in ends]
    return [_turned(op, node, y, (2, 0, 1, 3)), *(_turned(op, node, v, (1, 0, 2)) for v in stacked)]


def _run(op: Emitter, cell: Cell, one: Direction, x: Any, initial: Values, mask: Any) -> list[ir.Value]:
    """The hidden state at every step, and the last states."""
    gates = op.MatMul(x, one.w) if one.bias is None else op.Add(op.MatMul(x, one.w), one.bias)
    scanned = [gates] if mask is None else [gates, mask]
    step = cell.step(op, one)
    inner = op.subgraph()
    states = [inner.parameter_like(s, is_fixed=True) for s in initial]
    slices = [inner.parameter_like(v, without=0, is_fixed=True) for v in scanned]
    made = step(inner, slices[0], *states)
    y = made[0]
    if mask is not None:
        y = inner.Where(slices[1], y, 0.0)
        made = tuple(inner.Where(slices[1], new, old) for new, old in zip(made, states, strict=True))
    for value in (*made, y):
        inner.put_out(value)
    *ends, ys = op.Scan(
        *initial,
        *scanned,
        body=inner.graph,
        num_scan_inputs=len(scanned),
        scan_input_directions=[one.turn] * len(scanned),
        scan_output_directions=[one.turn],
        _outputs=len(made) + 1,
    )
    op.describe(ys, like=initial[0], lead=1)
    return [ys, *(op.describe(end, like=state) for end, state in zip(ends, initial, strict=True))]


def _directions(op: Emitter, node: ForwardNode, cell: Cell, w: Any, r: Any) -> list[Direction]:
    """The parameters of each direction."""
    turns = TURNS[node.attribute("direction", "forward")]
    count = len(turns)
    peepholes = None if cell.peepholes is None else node.input(cell.peepholes)
    per_direction = zip(
        turns,
        *([op.Transpose(v, perm=[1, 0]) for v in _split(op, weights, count)] for weights in (w, r)),
        *_biases(op, node, cell, count),
        [None] * count if peepholes is None else _split(op, peepholes, count),
        activations(node, cell.activations, count),
        [node.attribute("clip")] * count,
        strict=True,
    )
    return [Direction(*parameters) for parameters in per_direction]


def _biases(op: Emitter, node: ForwardNode, cell: Cell, count: int) -> list[list[Any]]:
    """The biases of the input, then of the recurrence, of each direction."""
    bias = node.input(3)
    if bias is None:
        return [[None] * count] * 2
    halves = [op.Split(b, axis=0, num_outputs=2, _outputs=2) for b in _split(op, bias, count)]
    if cell.keeps_bias:
        return [[w_bias for w_bias, _ in halves], [r_bias for _, r_bias in halves]]
    return [[op.Add(w_bias, r_bias) for w_bias, r_bias in halves], [None] * count]


def _input(op: Emitter, node: ForwardNode) -> Any:
    """X `(T, N, I)`; its batch has a name, if no number: a step undoes no broadcast where sizes are known to be one."""
    x = _turned(op, node, node.inputs[0], (1, 0, 2))
    steps, batch, size = x.shape if x.shape is not None else (None, None, None)
    is_nameless = batch is None or (isinstance(batch, ir.SymbolicDim) and batch.value is None)
    x.shape = ir.Shape([steps, f"{x.name}::batch" if is_nameless else batch, size])
    return x


def _initial(op: Emitter, node: ForwardNode, index: int, x: Any, directions: Sequence[Direction]) -> list[Any]:
    """An initial state `(N, H)` of each direction; zeros where it is left out."""
    given, r = node.input(index), directions[0].r
    if given is not None:
        states = _split(op, _turned(op, node, given, (1, 0, 2)), len(directions))
    else:
        sizes = op.Concat(op.Shape(x, start=1, end=2), op.Shape(r, start=0, end=1), axis=0)
        states = [op.Expand(0.0, sizes) for _ in directions]
    for state in states:
        state.shape = ir.Shape([x.shape[1], r.shape[0] if r.shape is not None else None])
    return states


def _split(op: Emitter, value: Any, count: int) -> list[Any]:
    """What each direction has of a value whose first axis they are."""
    parts = [value] if count == 1 else op.Split(value, axis=0, num_outputs=count, _outputs=count)
    return [op.Squeeze(part, [0]) for part in parts]


def _mask(op: Emitter, x: Any, lens: ir.Value) -> Any:
    """`(T, N, 1)`: whether a step belongs to a sequence."""
    steps = op.Range(0, op.Squeeze(op.Shape(x, start=0, end=1), [0]), 1)
    mask = op.Less(op.Reshape(steps, [-1, 1, 1]), op.Reshape(op.Cast(lens, to=ir.DataType.INT64), [1, -1, 1]))
    mask.shape = ir.Shape([*x.shape[:2], 1])
    return mask


def _turned(op: Emitter, node: ForwardNode, value: Any, perm: Sequence[int]) -> Any:
    """The value with the batch where this file has it, or, for an output, where the node has it."""
    return op.Transpose(value, perm=list(perm)) if int(node.attribute("layout", 0)) == 1 else op.local(value)
