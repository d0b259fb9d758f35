"""Sampling at computed positions.

Along each axis a position reads a few neighbours with weights that are polynomials of its fraction; over the axes their
products count. Both cotangents go over the list of all neighbours of all positions at once: N batch, P positions,
D axes, O neighbours an axis, K = Oᴰ.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

A = -0.75
POLYNOMIALS: dict[str, tuple[list[int], list[list[float]]]] = {
    "nearest": ([0], [[1]]),
    "linear": ([0, 1], [[1, 0], [-1, 1]]),
    "cubic": ([-1, 0, 1, 2], [[0, 1, 0, 0], [A, 0, -A, 0], [-2 * A, -A - 3, 2 * A + 3, A], [A, A + 2, -A - 2, -A]]),
}
"""The neighbours of a position, from its floor on, and for each power of the fraction their coefficients."""


@dataclasses.dataclass(frozen=True, slots=True)
class Positions:
    """Where the grid samples.

    Attributes:
        index: Which neighbours each position reads, counted through the space, int64 (N, P·K, 1).
        weights: The weight of each neighbour along each axis, 0 where it lies in zero padding, one (N, P, O) an axis.
        slopes: Their derivatives by the position, likewise.
        speed: The derivative of the position by the grid, (N, P, D) or less; 0 where the border holds it.
    """

    index: ir.Value
    weights: list[ir.Value]
    slopes: list[ir.Value]
    speed: ir.Value


@vjp("AffineGrid", since=20)
def affine_grid(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """θ̅ = Σ y̅·(x, y, …, 1)ᵀ over the positions of the grid."""
    rank = node.rank(node.outputs[0]) - 2
    shape, columns = op.Shape(ct), []
    for axis in range(rank, 0, -1):  # the grid names the last axis first
        size = op.CastLike(op.Gather(shape, axis, axis=0), ct)
        steps = op.CastLike(op.Range(0, op.Gather(shape, axis, axis=0), 1), ct)
        if node.attribute("align_corners"):
            along = op.Sub(op.Div(op.Mul(steps, 2.0), op.Max(op.Sub(size, 1.0), 1.0)), 1.0)
        else:
            along = op.Sub(op.Div(op.Add(op.Mul(steps, 2.0), 1.0), size), 1.0)
        along = op.Unsqueeze(along, list(range(1, rank - axis + 2)))
        columns.append(op.ReduceSum(op.Mul(ct, along), list(range(1, rank + 1)), keepdims=0))
    columns.append(op.ReduceSum(ct, list(range(1, rank + 1)), keepdims=0))
    theta_bar: ir.Value = op.Concat(*(op.Unsqueeze(c, [2]) for c in columns), axis=2)
    return theta_bar


@vjp("GridSample", since=16)
def grid_sample(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value, ir.Value | None]:
    """x̅ = Σ y̅·w at the neighbours read,  g̅ = Σ y̅·x·∂w/∂g.

    At kinks as PyTorch: a position on a cell's edge counts to the upper cell, on the border its slope is 0 with
    'border' and 'reflection'; 'nearest' has no gradient by the grid.
    """
    mode = {"bilinear": "linear", "bicubic": "cubic"}.get(node.attribute("mode"), node.attribute("mode"))
    rank = node.rank() - 2
    positions = _positions(op, node, mode)
    columns = op.Transpose(op.Reshape(ct, [0, 0, -1]), perm=[0, 2, 1])  # (N, P, C)
    weight = op.Reshape(_product(op, positions.weights), [0, 0, -1, 1])  # (N, P, K, 1)
    x_bar = _scattered(op, node, positions.index, op.Mul(op.Unsqueeze(columns, [2]), weight))
    if mode == "nearest":
        return x_bar, None
    read = op.GatherND(_flat_last(op, node.inputs[0]), positions.index, batch_dims=1)  # (N, P·K, C)
    shape = op.Concat(op.Shape(columns, end=2), [-1], op.Shape(columns, start=2), axis=0)
    worth = op.MatMul(op.Reshape(read, shape), op.Unsqueeze(columns, [3]))  # (N, P, K, 1)
    worth = op.Reshape(worth, [0, 0, 1, -1])
    slopes = []
    for axis in range(rank):
        along = [positions.slopes[a] if a == axis else positions.weights[a] for a in range(rank)]
        slopes.append(op.MatMul(worth, op.Reshape(_product(op, along), [0, 0, -1, 1])))
    slopes.reverse()  # the grid names the last axis first
    moved = op.Mul(op.Squeeze(op.Concat(*slopes, axis=3), [2]), positions.speed)
    return x_bar, op.Reshape(moved, op.Shape(node.inputs[1]))


def _positions(op: Emitter, node: ForwardNode, mode: str) -> Positions:
    """Everything that follows from the grid; axes are in the grid's order, last first, until they are split."""
    offsets, coefficients = POLYNOMIALS[mode]
    rank, padding = node.rank() - 2, str(node.attribute("padding_mode"))
    grid = op.Reshape(node.inputs[1], op.Concat([0], [-1], [rank], axis=0))
    size = op.CastLike(op.Gather(op.Shape(node.inputs[0]), list(range(rank + 1, 1, -1)), axis=0), grid)
    span = op.Sub(size, 1.0) if node.attribute("align_corners") else size
    speed = op.Mul(span, 0.5)
    position = op.Sub(op.Mul(op.Add(grid, 1.0), speed), 0.0 if node.attribute("align_corners") else 0.5)
    if padding != "zeros" and mode != "cubic":
        position, held = _held(op, node, position, size, span)
        speed = op.Mul(speed, held)
    lower = op.Round(position) if mode == "nearest" else op.Floor(position)
    fraction = op.Unsqueeze(op.Sub(position, lower), [3])
    size = op.Unsqueeze(size, [1])
    element = op.Add(op.Unsqueeze(lower, [3]), np.array(offsets, dtype=np.float64))  # (N, P, D, O)
    weights, slopes = _polynomial(op, fraction, coefficients), _polynomial(op, fraction, _derived(coefficients))
    if padding == "zeros":
        inside = op.And(op.GreaterOrEqual(element, 0.0), op.Less(element, size))
        weights, slopes = op.Where(inside, weights, 0.0), op.Where(inside, slopes, 0.0)
    elif mode == "cubic":
        element, _ = _held(op, node, element, size, op.Unsqueeze(span, [1]))
    held_element = op.Max(op.Min(element, op.Sub(size, 1.0)), 0.0)
    return Positions(_index(op, node, held_element), _split(op, weights, rank), _split(op, slopes, rank), speed)


def _held(
    op: Emitter, node: ForwardNode, position: ir.Value, size: ir.Value, span: ir.Value
) -> tuple[ir.Value, ir.Value]:
    """Positions brought into the image by the padding mode, and the derivative of that."""
    turn: ir.Value | NDArray[np.float64] = np.array(1.0)
    if node.attribute("padding_mode") == "reflection":
        low = 0.0 if node.attribute("align_corners") else -0.5
        span = op.Max(span, 1.0)
        away = op.Sub(position, low)
        within = op.Mod(op.Abs(away), op.Mul(span, 2.0), fmod=1)
        turn = op.Mul(op.Sign(away), op.Sign(op.Sub(span, within)))
        position = op.Add(op.Sub(span, op.Abs(op.Sub(within, span))), low)
    last = op.Sub(size, 1.0)
    is_free = op.And(op.Greater(position, 0.0), op.Less(position, last))
    return op.Max(op.Min(position, last), 0.0), op.Where(is_free, turn, 0.0)


def _polynomial(op: Emitter, fraction: ir.Value, coefficients: list[list[float]]) -> ir.Value:
    """Σ coefficients[power]·fraction**power, by Horner's rule: (N, P, D, O)."""
    *lower, highest = (np.array(row, dtype=np.float64) for row in coefficients)
    if not lower:
        return op.Add(op.Mul(fraction, 0.0), highest)
    result = op.Add(op.Mul(fraction, highest), lower.pop())
    while lower:
        result = op.Add(op.Mul(result, fraction), lower.pop())
    return result


def _derived(coefficients: list[list[float]]) -> list[list[float]]:
    return [[power * c for c in row] for power, row in enumerate(coefficients)][1:] or [[0.0] * len(coefficients[0])]


def _split(op: Emitter, value: ir.Value, rank: int) -> list[ir.Value]:
    """(N, P, D, O) -> one (N, P, O) for each axis of the image, in the image's order."""
    return [op.Gather(value, rank - 1 - axis, axis=2) for axis in range(rank)]


def _product(op: Emitter, factors: list[ir.Value]) -> ir.Value:
    """The outer product over the axes, (N, P, O, …)."""
    rank = len(factors)
    product: ir.Value | None = None
    for axis, factor in enumerate(factors):
        others = [2 + a for a in range(rank) if a != axis]
        spread = op.Unsqueeze(factor, others)
        product = spread if product is None else op.Mul(product, spread)
    assert product is not None
    return product


def _index(op: Emitter, node: ForwardNode, element: ir.Value) -> ir.Value:
    """The neighbours (N, P, D, O) counted through the space: int64 (N, P·K, 1)."""
    rank, counted = node.rank() - 2, None
    shape = op.Shape(node.inputs[0])
    for axis, part in enumerate(_split(op, op.Cast(element, to=ir.DataType.INT64), rank)):
        spread = op.Unsqueeze(part, [2 + a for a in range(rank) if a != axis])
        counted = spread if counted is None else op.Add(op.Mul(counted, op.Gather(shape, 2 + axis, axis=0)), spread)
    index: ir.Value = op.Reshape(counted, [0, -1, 1])
    return index


def _flat_last(op: Emitter, x: ir.Value | None) -> ir.Value:
    """(N, C, *space) -> (N, S, C)."""
    flat: ir.Value = op.Transpose(op.Reshape(x, [0, 0, -1]), perm=[0, 2, 1])
    return flat


def _scattered(op: Emitter, node: ForwardNode, index: ir.Value, updates: ir.Value) -> ir.Value:
    """Updates (N, P, K, C) added up at their index, as the image lies."""
    shape = op.Shape(node.inputs[0])
    batch, channels = op.Slice(shape, [0], [1]), op.Slice(shape, [1], [2])
    space = op.ReduceProd(op.Slice(shape, [2], [node.rank()]), keepdims=1)
    zeros = op.ConstantOfShape(
        op.Concat(op.Mul(batch, space), channels, axis=0), value=ir.tensor([0.0], dtype=op.dtype)
    )
    first = op.Unsqueeze(op.Mul(op.Range(0, op.Squeeze(batch, [0]), 1), space), [1, 2])
    rows = op.Reshape(op.Add(index, first), [-1, 1])
    flat = op.ScatterND(zeros, rows, op.Reshape(updates, op.Concat([-1], channels, axis=0)), reduction="add")
    images = op.Reshape(flat, op.Concat(batch, space, channels, axis=0))
    x_bar: ir.Value = op.Reshape(op.Transpose(images, perm=[0, 2, 1]), shape)
    return x_bar
