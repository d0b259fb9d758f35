"""Pools over regions of interest.

A RoiAlign is bilinear in the image and in what its samples weigh: `y = A·x·Bᵀ` for each region, A (P, H) the weights of
the rows that each bin reads and B (Q, W) those of the columns. Letters of Einstein sums: r regions, n images, c
channels, h and w the image's rows and columns, p and q the bins' (the single elements read, where the maximum counts).
There may be no regions; ONNX Runtime ends the process at an Einstein sum that has no rows in a batch.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

FIRST, SIGN = np.array([[1.0], [0.0]]), np.array([[-1.0], [1.0]])
"""The two elements around a sample weigh FIRST + SIGN·fraction."""


@dataclasses.dataclass(frozen=True, slots=True)
class Samples:
    """The samples of R regions along one axis: P bins of G samples, or of as many as a region has.

    Attributes:
        weights: What each sample weighs of the elements around it, (R, P, G, 2, size); 0 where it is outside or unused.
        slopes: The derivatives of the weights by the sample's position, likewise.
        reach: The derivative of the position by the size of a bin, (R or 1, P, G).
        is_used: Whether the region has so many samples, (R or 1, 1, G).
        is_free: Whether the region's extent is what its edges say, (R, 1), else it is held at 1; None: always.
    """

    weights: ir.Value
    slopes: ir.Value
    reach: ir.Value
    is_used: ir.Value
    is_free: ir.Value | None


@vjp("RoiAlign")
def roi_align(op: Emitter, node: ForwardNode, ct: ir.Value) -> tuple[ir.Value, ir.Value | None]:
    """x̅ = Σ Aᵀ·y̅·B over an image's regions,  A̅ = y̅·B·xᵀ,  B̅ = y̅ᵀ·A·x, and from these to the regions' edges.

    The maximum is that of the weighted elements, not of their sums: so compute ONNX Runtime and the reference
    evaluator. Ties share evenly. A sample between two cells counts to the upper one; at the border its slope is 0.
    """
    x, is_max = node.inputs[0], node.attribute("mode") == "max"
    rows, columns = _samples(op, node, 0), _samples(op, node, 1)
    a, b = (_matrix(op, samples.weights, is_max=is_max) for samples in (rows, columns))
    images = op.Range(0, op.Gather(op.Shape(x), 0), 1)
    of_image = op.CastLike(op.Equal(op.Unsqueeze(_int64(op, node.inputs[2]), [1]), images), ct)
    of_image = op.Unsqueeze(of_image, [1, 3])  # (R, 1, N, 1)
    b_of_image = op.Mul(op.Unsqueeze(b, [2]), of_image)
    across = op.Einsum(x, b_of_image, equation="nchw,rqnw->rchq")
    if is_max:
        ct = _won(op, ct, op.MatMul(op.Unsqueeze(a, [1]), across), rows, columns)
    down = op.MatMul(op.Unsqueeze(op.Transpose(a, perm=[0, 2, 1]), [1]), ct)  # (R, C, H, Q)
    x_bar = op.Einsum(down, b_of_image, equation="rchq,rqnw->nchw")
    if not node.is_wanted(1):
        return x_bar, None
    a_bar = op.ReduceSum(op.MatMul(ct, op.Transpose(across, perm=[0, 1, 3, 2])), [1], keepdims=0)
    b_bar = op.ReduceSum(op.Mul(op.Einsum(down, x, equation="rchq,nchw->rqnw"), of_image), [2], keepdims=0)
    top, bottom = _edges(op, node, a_bar, rows)
    left, right = _edges(op, node, b_bar, columns)
    return x_bar, op.Concat(left, top, right, bottom, axis=1)


@vjp("MaxRoiPool")
def max_roi_pool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Σ y̅ over the bins in which x is y, the first such element of each; 0 by the regions, which are rounded.

    ONNX Runtime's y is 0 where all elements of a bin are negative: none is y then.
    """
    x = node.inputs[0]
    shape = op.Shape(x)
    image = op.Mul(_int64(op, op.Slice(node.inputs[1], [0], [1], [1])), op.Gather(shape, 2))  # (R, 1), in rows
    top, height = _bins(op, node, 0)
    row, is_row = _within(op, op.Add(image, top), height)  # (R, P, Kh)
    column, is_column = _within(op, *_bins(op, node, 1))  # (R, Q, Kw)
    is_read = op.And(op.Unsqueeze(is_row, [2, 4]), op.Unsqueeze(is_column, [1, 3]))
    flat = op.Add(op.Unsqueeze(op.Mul(row, op.Gather(shape, 3)), [2, 4]), op.Unsqueeze(column, [1, 3]))
    read = op.Flatten(op.Where(is_read, flat, 0), axis=3)  # (R·P·Q, Kh·Kw)
    elements, maxima, given = (_channels_last(op, value) for value in (x, node.outputs[0], ct))
    is_maximum = op.Equal(op.Gather(elements, read, axis=0), op.Unsqueeze(maxima, [1]))
    found = op.CastLike(op.And(is_maximum, op.Unsqueeze(op.Flatten(is_read, axis=3), [2])), ct)
    first = op.Mul(found, op.CastLike(op.Equal(op.CumSum(found, np.array(1)), 1.0), ct))
    zeros = op.Expand(np.zeros(()), op.Shape(elements))
    updates = op.Mul(first, op.Unsqueeze(given, [1]))
    added = op.ScatterND(zeros, op.Unsqueeze(read, [2]), updates, reduction="add")
    return op.Transpose(op.Reshape(added, op.Gather(shape, [0, 2, 3, 1])), perm=[0, 3, 1, 2])


def _samples(op: Emitter, node: ForwardNode, axis: int) -> Samples:
    """The samples along an axis, 0 the height and 1 the width."""
    bins, ratio = int(node.attribute(("output_height", "output_width")[axis])), int(node.attribute("sampling_ratio"))
    start, extent, is_free = _region(op, node, axis)
    bin_size = op.Div(extent, float(bins))
    count = op.Constant(value=ir.tensor([[float(ratio)]], dtype=op.dtype)) if ratio else op.Ceil(bin_size)
    samples = op.Range(0.0, op.ReduceMax(op.Concat(op.Reshape(count, [-1]), [1.0], axis=0), keepdims=0), 1.0)
    count, divisor = op.Unsqueeze(count, [2]), op.Unsqueeze(op.Max(count, 1.0), [2])
    reach = op.Add(op.Div(op.Add(samples, 0.5), divisor), np.arange(bins, dtype=np.float64)[:, None])
    position = op.Add(op.Unsqueeze(start, [2]), op.Mul(op.Unsqueeze(bin_size, [2]), reach))
    is_used = op.Less(samples, count)
    size = op.CastLike(op.Gather(op.Shape(node.inputs[0]), 2 + axis), position)
    last = op.Sub(size, 1.0)
    is_inside = op.And(op.And(op.GreaterOrEqual(position, -1.0), op.LessOrEqual(position, size)), is_used)
    is_moving = op.And(is_inside, op.And(op.Greater(position, 0.0), op.Less(position, last)))
    held = op.Max(op.Min(position, last), 0.0)
    lower = op.Floor(held)
    fraction = op.Unsqueeze(op.Sub(held, lower), [3, 4])
    neighbours = op.Add(op.Unsqueeze(lower, [3, 4]), np.array([[0.0], [1.0]]))
    is_read = op.CastLike(op.Equal(neighbours, op.Range(0.0, size, 1.0)), position)  # (R, P, G, 2, size)
    if node.attribute("mode") != "max":
        is_read = op.Div(is_read, op.Unsqueeze(divisor, [3, 4]))
    shares = op.Where(op.Unsqueeze(is_inside, [3, 4]), op.Add(op.Mul(fraction, SIGN), FIRST), 0.0)
    slopes = op.Where(op.Unsqueeze(is_moving, [3, 4]), SIGN, 0.0)
    return Samples(op.Mul(is_read, shares), op.Mul(is_read, slopes), reach, is_used, is_free)


def _region(op: Emitter, node: ForwardNode, axis: int) -> tuple[ir.Value, ir.Value, ir.Value | None]:
    """Where each region starts along an axis and how far it extends, (R, 1), and whether its edges say so."""
    scaled = op.Mul(node.inputs[1], float(node.attribute("spatial_scale")))
    start, end = (op.Slice(scaled, [column], [column + 1], [1]) for column in (1 - axis, 3 - axis))
    extent = op.Sub(end, start)
    if node.attribute("coordinate_transformation_mode") == "half_pixel":
        return op.Sub(start, 0.5), extent, None
    return start, op.Max(extent, 1.0), op.Greater(extent, 1.0)


def _matrix(op: Emitter, weights: ir.Value, *, is_max: bool) -> ir.Value:
    """Weights as a matrix for each region: (R, P, size) for the average, (R, P·G·2, size) for the maximum."""
    if not is_max:
        matrix: ir.Value = op.ReduceSum(weights, [2, 3], keepdims=0)
        return matrix
    shape = op.Shape(weights)
    read = op.ReduceProd(op.Slice(shape, [1], [4]), keepdims=1)
    return op.Reshape(weights, op.Concat(op.Gather(shape, [0]), read, op.Gather(shape, [4]), axis=0))


def _won(op: Emitter, ct: ir.Value, values: ir.Value, rows: Samples, columns: Samples) -> ir.Value:
    """`ct` at the largest of each bin's weighted elements `values`, 0 at the others."""
    apart = op.Concat(
        op.Shape(values, end=2),
        op.Shape(rows.weights, start=1, end=4),
        op.Shape(columns.weights, start=1, end=4),
        axis=0,
    )
    is_used = op.And(op.Unsqueeze(rows.is_used, [1, 4, 5, 6, 7]), op.Unsqueeze(columns.is_used, [1, 2, 3, 4, 7]))
    each = op.Where(is_used, op.Reshape(values, apart), float("-inf"))  # (R, C, P, G, 2, Q, G, 2)
    is_largest = op.CastLike(op.Equal(each, op.ReduceMax(each, [3, 4, 6, 7], keepdims=1)), ct)
    share = op.Div(op.Unsqueeze(ct, [3, 4, 6, 7]), op.ReduceSum(is_largest, [3, 4, 6, 7], keepdims=1))
    won: ir.Value = op.Reshape(op.Mul(is_largest, share), op.Shape(values))
    return won


def _edges(op: Emitter, node: ForwardNode, ct: ir.Value, samples: Samples) -> tuple[ir.Value, ir.Value]:
    """The cotangents of a region's two edges, (R, 1), from that of its matrix of weights."""
    is_max, scale = node.attribute("mode") == "max", float(node.attribute("spatial_scale"))
    each = op.Reshape(ct, op.Shape(samples.slopes)) if is_max else op.Unsqueeze(ct, [2, 3])
    moved = op.ReduceSum(op.Mul(each, samples.slopes), [3, 4], keepdims=0)  # (R, P, G)
    start = op.ReduceSum(op.Flatten(moved), [1], keepdims=1)
    bins = op.CastLike(op.Gather(op.Shape(moved), 1), moved)
    extent = op.Div(op.ReduceSum(op.Flatten(op.Mul(moved, samples.reach)), [1], keepdims=1), bins)
    if samples.is_free is not None:
        extent = op.Where(samples.is_free, extent, 0.0)
    return op.Mul(op.Sub(start, extent), scale), op.Mul(extent, scale)


def _bins(op: Emitter, node: ForwardNode, axis: int) -> tuple[ir.Value, ir.Value]:
    """Where each region's bins start along an axis, 0 the height and 1 the width, and their sizes: int64 (R, P)."""
    bins, size = int(node.attribute("pooled_shape")[axis]), op.Gather(op.Shape(node.inputs[0]), 2 + axis)
    scaled = op.Mul(node.inputs[1], float(node.attribute("spatial_scale")))
    edges = op.Mul(op.Sign(scaled), op.Floor(op.Add(op.Abs(scaled), 0.5)))  # halves are rounded away from 0
    first, last = (op.Slice(edges, [column], [column + 1], [1]) for column in (2 - axis, 4 - axis))
    bin_size = op.Div(op.Max(op.Add(op.Sub(last, first), 1.0), 1.0), float(bins))
    steps = np.arange(bins, dtype=np.float64)[None]
    ends = op.Floor(op.Mul(bin_size, steps)), op.Ceil(op.Mul(bin_size, steps + 1))
    start, end = (op.Min(op.Max(_int64(op, op.Add(first, e)), 0), size) for e in ends)
    return start, op.Sub(end, start)


def _within(op: Emitter, start: ir.Value, size: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The places from each start on, as many as the largest bin has, and which of them are the bin's own."""
    steps = op.Range(0, op.ReduceMax(op.Concat(op.Reshape(size, [-1]), [0], axis=0), keepdims=0), 1)
    return op.Add(op.Unsqueeze(start, [2]), steps), op.Less(steps, op.Unsqueeze(size, [2]))


def _channels_last(op: Emitter, value: ir.Value | None) -> ir.Value:
    """(N, C, H, W) -> (N·H·W, C)."""
    last: ir.Value = op.Flatten(op.Transpose(value, perm=[0, 2, 3, 1]), axis=3)
    return last


def _int64(op: Emitter, value: ir.Value | None) -> ir.Value:
    integer: ir.Value = op.Cast(value, to=ir.DataType.INT64)
    return integer
