"""Discrete Fourier transforms: linear maps whose transposes are transforms again.

As a map of real and imaginary parts a transform is transposed by conjugating its factors: the forward transform of
length L turns into L times the inverse one. Bins that a one-sided spectrum leaves out have cotangent 0.
"""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.shaping import shaped_as
from onnxcam.autodiff.rules.slicing import END

Values = tuple[ir.Value | None, ...]


@vjp("DFT")
def dft(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = L·DFT⁻¹(y̅), real where x is, or DFT(y̅)/L for the inverse; cut or filled to the size of x, as x was to L.

    Source: ONNX DFT; the axis is an attribute before version 20.
    """
    x, length, axis = node.inputs[0], node.input(1), _axis(node)
    shape, rank = op.Shape(x), node.rank()
    if isinstance(axis, ir.Value):
        shape, ct = _folded(op, shape, axis), op.Reshape(ct, _folded(op, op.Shape(ct), axis))
        axis, rank = 1, 4
    size = op.Slice(shape, [axis], [axis + 1])
    if node.attribute("inverse"):
        x_bar = _transposed_inverse(op, ct, axis, rank, onesided=int(node.attribute("onesided")))
    else:
        x_bar = _transposed(op, ct, axis, size if length is None else _integer(op, length))
    if length is not None:
        x_bar = op.Slice(op.Pad(x_bar, op.Concat([0], size, axis=0), None, [axis]), [0], size, [axis])
    return shaped_as(op, x, _as_real_as(op, node, x_bar))


@vjp("STFT")
def stft(op: Emitter, node: ForwardNode, ct: ir.Value) -> Values:
    """s̅ = Σ w·f̅ over the frames that read a sample,  w̅ = Σ s·f̅ over batch and frames,  f̅ = L·DFT⁻¹(y̅)."""
    signal, step, window = node.inputs[0], _integer(op, node.inputs[1]), node.input(2)
    shape = op.Shape(signal)
    batch, samples = op.Slice(shape, [0], [1]), op.Slice(shape, [1], [2])
    if window is not None:
        length = op.Shape(window)
    else:
        length = samples if node.input(3) is None else _integer(op, node.input(3))
    frames = _as_real_as(op, node, _transposed(op, ct, 2, length))  # (B, F, L, 1 or 2)
    starts = op.Mul(op.Range(0, op.Gather(op.Shape(ct), 1), 1), step)
    reads = op.Add(op.Unsqueeze(starts, [1]), op.Range(0, op.Squeeze(length), 1))  # (F, L)
    updates = op.Transpose(frames if window is None else op.Mul(frames, op.Unsqueeze(window, [1])), perm=[1, 2, 0, 3])
    parts = op.Shape(frames, start=3)
    zeros = op.ConstantOfShape(op.Concat(samples, batch, parts, axis=0), value=ir.tensor([0.0], dtype=op.dtype))
    added = op.ScatterND(zeros, op.Unsqueeze(reads, [2]), updates, reduction="add")
    s_bar = shaped_as(op, signal, op.Transpose(added, perm=[1, 0, 2]))
    if not node.is_wanted(2):
        return (s_bar,)
    read = op.Gather(op.Reshape(signal, op.Concat(batch, samples, parts, axis=0)), reads, axis=1)
    return s_bar, None, op.ReduceSum(op.Mul(frames, read), [0, 1, 3], keepdims=0)


def _transposed(op: Emitter, ct: ir.Value, axis: int, length: ir.Value) -> ir.Value:
    """The transpose of a transform of `length`, of one side or both: complex."""
    inverse = op.DFT(ct, op.Squeeze(length), axis=axis, inverse=1)
    x_bar: ir.Value = op.Mul(inverse, op.CastLike(length, ct))
    return x_bar


def _transposed_inverse(op: Emitter, ct: ir.Value, axis: int, rank: int, *, onesided: int) -> ir.Value:
    """The transpose of an inverse transform: complex. Of one side, each bin but 0 and L/2 stands for two."""
    length = op.Slice(op.Shape(ct), [axis], [axis + 1])
    x_bar = op.Div(op.DFT(ct, axis=axis, onesided=onesided), op.CastLike(length, ct))
    if not onesided:
        return x_bar
    bins = op.Range(0, op.Gather(op.Shape(x_bar), axis), 1)
    is_twice = op.And(op.Greater(bins, 0), op.Less(op.Mul(bins, 2), length))
    times = op.Add(op.CastLike(is_twice, ct), 1.0)
    return op.Mul(x_bar, op.Unsqueeze(times, list(range(1, rank - axis))))


def _axis(node: ForwardNode) -> int | ir.Value:
    """The axis, non-negative unless it is computed at run time."""
    axis = node.ints_or_value("axis", 2)
    if isinstance(axis, ir.Value):
        return axis
    given = int(node.attribute("axis", -2)) if axis is None else axis[0]
    return given + node.rank() if given < 0 else given


def _folded(op: Emitter, shape: ir.Value, axis: ir.Value) -> ir.Value:
    """A shape as (before, at, behind, parts) of an axis that only the run knows."""
    at = op.Reshape(axis, [1])
    behind = op.Add(at, 1)
    before = op.ReduceProd(op.Slice(shape, [0], at), keepdims=1)
    folded: ir.Value = op.Concat(before, op.Slice(shape, at, behind), [-1], op.Slice(shape, [-1], [END]), axis=0)
    return folded


def _as_real_as(op: Emitter, node: ForwardNode, value: ir.Value) -> ir.Value:
    """The real part of a complex `value` where the node's first input is real."""
    parts = node.dims()[-1]
    if parts == 2:
        return value
    is_flat = node.node.op_type == "STFT" and node.rank() == 2  # a batch of real signals, as ONNX Runtime takes it too
    end = [1] if parts == 1 or is_flat else op.Slice(op.Shape(node.inputs[0]), [-1], [END])
    real: ir.Value = op.Slice(value, [0], end, [-1])
    return real


def _integer(op: Emitter, value: ir.Value | None) -> ir.Value:
    """A scalar, or a tensor of one element, as int64 of shape (1,)."""
    integer: ir.Value = op.Cast(op.Reshape(value, [1]), to=ir.DataType.INT64)
    return integer
