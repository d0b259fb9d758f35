"""RNN."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.recurrent.recurrence import Cell, Direction, Step, recurrence


@expansion("RNN", since=7)
def rnn(op: Emitter, node: ForwardNode) -> list[ir.Value]:
    """hₜ = f(W·xₜ + R·hₜ₋₁ + b)."""
    return recurrence(op, node, Cell(_step, ("Tanh",), initial=(5,)), *node.inputs[1:3])


def _step(op: Emitter, one: Direction) -> Step:
    def step(op: Emitter, x: Any, h: Any) -> tuple[Any]:
        return (one.activated(op, op.Add(x, op.MatMul(h, one.r)), 0),)

    return step
