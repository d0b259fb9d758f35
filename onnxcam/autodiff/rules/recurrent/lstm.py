"""LSTM."""

from __future__ import annotations

from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.recurrent.recurrence import Cell, Direction, Step, recurrence

__all__ = ["run_lstm"]


@expansion("LSTM", since=7)
def lstm(op: Emitter, node: ForwardNode) -> list[ir.Value]:
    """cₜ = f(z_f + p_f·cₜ₋₁)·cₜ₋₁ + f(zᵢ + pᵢ·cₜ₋₁)·g(z_c),  hₜ = f(z_o + p_o·cₜ)·h(cₜ),  z = W·xₜ + R·hₜ₋₁ + b."""
    return run_lstm(op, node, *node.inputs[1:3])


def run_lstm(op: Emitter, node: ForwardNode, w: Any, r: Any) -> list[ir.Value]:
    """The outputs of an LSTM, or of an operator with its inputs and attributes, for weights as those of an LSTM."""
    is_coupled = int(node.attribute("input_forget", 0)) == 1

    def step(op: Emitter, one: Direction) -> Step:
        return _step(op, one, is_coupled=is_coupled)

    return recurrence(op, node, Cell(step, ("Sigmoid", "Tanh", "Tanh"), initial=(5, 6), peepholes=7), w, r)


def _step(op: Emitter, one: Direction, *, is_coupled: bool) -> Step:
    """One step; of a coupled cell, as much is forgotten as enters."""
    p: Any = [None] * 3 if one.peepholes is None else op.Split(one.peepholes, axis=0, num_outputs=3, _outputs=3)

    def gate(op: Emitter, z: Any, peephole: Any, c: Any) -> Any:
        return one.activated(op, z if peephole is None else op.Add(z, op.Mul(peephole, c)), 0)

    def step(op: Emitter, x: Any, h: Any, c: Any) -> tuple[Any, Any]:
        i, o, f, cell = op.Split(op.Add(x, op.MatMul(h, one.r)), axis=1, num_outputs=4, _outputs=4)
        enters = gate(op, i, p[0], c)
        stays = op.Sub(1.0, enters) if is_coupled else gate(op, f, p[2], c)
        state = op.Add(op.Mul(stays, c), op.Mul(enters, one.activated(op, cell, 1)))
        return op.Mul(gate(op, o, p[1], state), one.activations[2](op, state)), state

    return step
