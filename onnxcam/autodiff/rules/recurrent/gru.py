"""GRU."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.recurrent.recurrence import Cell, Direction, Step, recurrence


@expansion("GRU", since=7)
def gru(op: Emitter, node: ForwardNode) -> list[ir.Value]:
    """hₜ = (1 - z)·n + z·hₜ₋₁,  z = f(…), r = f(…), n = g(W·xₜ + b + R·(r·hₜ₋₁)) or g(W·xₜ + b + r·(R·hₜ₋₁ + b'))."""
    is_linear = int(node.attribute("linear_before_reset", 0)) != 0
    step = _linear_before_reset if is_linear else _reset_before_linear
    return recurrence(op, node, Cell(step, ("Sigmoid", "Tanh"), initial=(5,), keeps_bias=is_linear), *node.inputs[1:3])


def _reset_before_linear(op: Emitter, one: Direction) -> Step:
    r_update, r_reset, r_hidden = op.Split(one.r, axis=1, num_outputs=3, _outputs=3)
    r_gates = op.Concat(r_update, r_reset, axis=1)

    def step(op: Emitter, x: Any, h: Any) -> tuple[Any]:
        x_update, x_reset, x_hidden = op.Split(x, axis=1, num_outputs=3, _outputs=3)
        update, reset = op.Split(op.MatMul(h, r_gates), axis=1, num_outputs=2, _outputs=2)
        reset = one.activated(op, op.Add(x_reset, reset), 0)
        hidden = op.Add(x_hidden, op.MatMul(op.Mul(reset, h), r_hidden))
        return (_mixed(op, one, op.Add(x_update, update), hidden, h),)

    return step


def _linear_before_reset(op: Emitter, one: Direction) -> Step:
    def step(op: Emitter, x: Any, h: Any) -> tuple[Any]:
        x_update, x_reset, x_hidden = op.Split(x, axis=1, num_outputs=3, _outputs=3)
        product = op.MatMul(h, one.r)
        if one.r_bias is not None:
            product = op.Add(product, one.r_bias)
        update, reset, hidden = op.Split(product, axis=1, num_outputs=3, _outputs=3)
        reset = one.activated(op, op.Add(x_reset, reset), 0)
        return (_mixed(op, one, op.Add(x_update, update), op.Add(x_hidden, op.Mul(reset, hidden)), h),)

    return step


def _mixed(op: Emitter, one: Direction, update: Any, hidden: Any, h: Any) -> Any:
    """(1 - f(update))·g(hidden) + f(update)·h."""
    z = one.activated(op, update, 0)
    return op.Add(op.Mul(op.Sub(1.0, z), one.activated(op, hidden, 1)), op.Mul(z, h))
