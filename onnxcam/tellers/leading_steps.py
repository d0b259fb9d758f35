"""What a graph does with its input before the first layer, as one affine map a channel: y = scale * x + shift."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.tellers.registry import Subject

__all__ = ["Steps", "leading_steps"]

Float64 = NDArray[np.float64]

READS_SHAPE_ONLY = frozenset({"Shape", "Size"})
# Operators that leave every value what it is, up to its place.
PASSING = frozenset({"Cast", "DequantizeLinear", "Identity", "Pad", "QuantizeLinear", "Resize", "Upsample"})
LONGEST = 32
"""Nodes that are looked at; a normalisation has fewer."""


@dataclasses.dataclass(frozen=True, slots=True)
class Steps:
    """The affine map of the input's channels, in the input's order.

    Attributes:
        scale: Factor, (C,) or (1,).
        shift: Added after scaling, (C,) or (1,).
        operators: The operators that make the map, in order; none where the graph has none.
    """

    scale: Float64
    shift: Float64
    operators: tuple[str, ...] = ()

    @property
    def centre(self) -> Float64:
        """The value of the input that becomes 0."""
        return -self.shift / self.scale

    @property
    def spread(self) -> Float64:
        """How much of the input becomes 1."""
        return 1 / np.abs(self.scale)


@dataclasses.dataclass(frozen=True, slots=True)
class _State:
    """Steps so far; `is_flipped` says that channels now stand in the reverse of the input's order."""

    steps: Steps
    axis: int
    is_flipped: bool = False

    def then(self, scale: Float64, shift: Float64, operator: str) -> _State:
        """The state after y = scale * x + shift, whose channels stand as they do now."""
        if self.is_flipped:
            scale, shift = scale[::-1], shift[::-1]
        old = self.steps
        steps = Steps(old.scale * scale, old.shift * scale + shift, (*old.operators, operator))
        return dataclasses.replace(self, steps=steps)


def leading_steps(subject: Subject) -> Steps:
    """The map that the nodes behind the input make, as far as each is followed by one other and is affine a channel.

    Constants that differ from place to place, as a mean picture does, count with their mean a channel. A batch
    normalisation ends the way, with its running mean and variance alone.
    """
    state = _State(Steps(np.ones(1), np.zeros(1)), subject.channel_axis)
    value = subject.input
    for _ in range(LONGEST):
        readers = [n for n, _ in value.uses() if n.op_type not in READS_SHAPE_ONLY] if value is not None else []
        if len(set(readers)) != 1:
            break
        (node,) = set(readers)
        after = STEPS.get(node.op_type, _passed)(subject, node, value, state)
        if after is None:
            break
        state, value = after, node.outputs[0]
        if node.op_type == "BatchNormalization":
            break
    return state.steps


def _passed(_: Subject, node: ir.Node, value: ir.Value | None, state: _State) -> _State | None:
    return state if node.op_type in PASSING and node.inputs[0] is value else None


def _transposed(_: Subject, node: ir.Node, __: ir.Value | None, state: _State) -> _State | None:
    order = node.attributes["perm"].as_ints() if "perm" in node.attributes else (3, 2, 1, 0)
    return dataclasses.replace(state, axis=list(order).index(state.axis)) if state.axis in order else None


def _arithmetic(subject: Subject, node: ir.Node, value: ir.Value | None, state: _State) -> _State | None:
    """Add, Sub, Mul and Div with a constant; what divides a constant is not affine."""
    if len(node.inputs) != 2:
        return None
    is_first = node.inputs[0] is value
    constant = _a_channel(subject, node.inputs[1 if is_first else 0], state.axis)
    if constant is None or (node.op_type == "Div" and (not is_first or not constant.all())):
        return None
    one, zero = np.ones(1), np.zeros(1)
    scale, shift = {
        "Add": (one, constant),
        "Sub": (one, -constant) if is_first else (-one, constant),
        "Mul": (constant, zero),
        "Div": (1 / constant if node.op_type == "Div" else one, zero),
    }[node.op_type]
    return state.then(scale, shift, node.op_type) if scale.all() else None


def _scaled(_: Subject, node: ir.Node, __: ir.Value | None, state: _State) -> _State:
    """ImageScaler, an operator of early versions of ONNX: a factor, then a bias a channel."""
    scale = node.attributes["scale"].as_float() if "scale" in node.attributes else 1.0
    bias = node.attributes["bias"].as_floats() if "bias" in node.attributes else (0.0,)
    return state.then(np.array([scale or 1.0]), np.array(bias, np.float64), node.op_type)


def _normalized(subject: Subject, node: ir.Node, _: ir.Value | None, state: _State) -> _State | None:
    mean, variance = (subject.model.constants.array(v) for v in node.inputs[3:5])
    if state.axis != 1 or mean is None or variance is None or mean.size not in (1, 3):
        return None
    epsilon = node.attributes["epsilon"].as_float() if "epsilon" in node.attributes else 1e-5
    deviation = np.sqrt(variance.astype(np.float64) + epsilon)
    return state.then(1 / deviation, -mean / deviation, node.op_type) if np.isfinite(deviation).all() else None


def _flipped(subject: Subject, node: ir.Node, value: ir.Value | None, state: _State) -> _State | None:
    """A Gather or Slice that reverses three channels; one that takes something else is not followed."""
    arrays = [subject.model.constants.array(v) for v in node.inputs[1:]]
    if node.inputs[0] is not value or any(a is None for a in arrays):
        return None
    given: list[list[int]] = [np.ravel(a).tolist() for a in arrays if a is not None]
    if node.op_type == "Gather":
        axis = node.attributes["axis"].as_int() if "axis" in node.attributes else 0
        is_flip = given == [[2, 1, 0]]
    else:
        axis = given[2][0] if len(given) == 4 and len(given[2]) == 1 else -1
        is_flip = len(given) == 4 and given[0] in ([-1], [2]) and given[3] == [-1]
    return dataclasses.replace(state, is_flipped=not state.is_flipped) if is_flip and axis % 4 == state.axis else None


def _a_channel(subject: Subject, value: ir.Value | None, axis: int) -> Float64 | None:
    """A constant as one finite number for all channels, or one a channel; None where it is none."""
    array = subject.model.constants.array(value)
    if array is None or array.ndim > 4 or array.size == 0 or not np.issubdtype(array.dtype, np.number):
        return None
    aligned = array.astype(np.float64).reshape((1,) * (4 - array.ndim) + array.shape)
    found = aligned.mean(axis=tuple(i for i in range(4) if i != axis))
    return found if found.size in (1, 3) and np.isfinite(found).all() else None


Step = Callable[[Subject, ir.Node, ir.Value | None, _State], _State | None]
STEPS: dict[str, Any] = {
    **dict.fromkeys(("Add", "Div", "Mul", "Sub"), _arithmetic),
    **dict.fromkeys(("Gather", "Slice"), _flipped),
    "BatchNormalization": _normalized,
    "ImageScaler": _scaled,
    "Transpose": _transposed,
}
