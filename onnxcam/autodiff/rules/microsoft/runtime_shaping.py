"""ONNX Runtime's own operators that move, pick or pad elements: most are older forms of standard ones."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN

Values = tuple[ir.Value | None, ...]


@expansion("SampleOp", domain=DOMAIN)
def sample(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x."""
    return op.Identity(node.inputs[0])


@expansion("ExpandDims", domain=DOMAIN)
def expand_dims(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x with another axis."""
    axis = node.ints("axis", 1)
    assert axis is not None
    return op.Unsqueeze(node.inputs[0], list(axis))


@expansion("Trilu", domain=DOMAIN)
def trilu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = Trilu(x)."""
    return op.Trilu(*node.inputs, upper=node.attribute("upper", 1))


@expansion("Pad", domain=DOMAIN)
def pad(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = Pad(x); the pads may be a row, the value a list of one."""
    x, pads, value = *node.inputs[:2], node.input(2)
    scalar = None if value is None else op.Reshape(value, np.array([], dtype=np.int64))
    return op.Pad(x, op.Reshape(pads, [-1]), scalar, mode=node.attribute("mode", "constant"))


@expansion("GatherND", domain=DOMAIN)
def gather_nd(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = GatherND(x)."""
    return op.GatherND(node.inputs[0], op.Cast(node.inputs[1], to=ir.DataType.INT64))


@expansion("Range", domain=DOMAIN)
def ramp(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = Range(start, limit, delta), each a scalar or a list of one."""
    scalar = np.array([], dtype=np.int64)
    start, limit = (op.Reshape(v, scalar) for v in node.inputs[:2])
    delta = node.input(2)
    return op.Range(start, limit, op.CastLike(1, start) if delta is None else op.Reshape(delta, scalar))


@expansion("Unique", domain=DOMAIN)
def unique(op: Emitter, node: ForwardNode) -> Values:
    """y = Unique(x) in the order of x; then where each element went, and how many did."""
    y, _, inverse, counts = op.Unique(node.inputs[0], sorted=0, _outputs=4)
    return y, inverse, counts


@expansion("UnfoldTensor", domain=DOMAIN)
def unfold(op: Emitter, node: ForwardNode) -> ir.Value:
    """y[…, i, …, j] = x[…, i·step + j, …]."""
    size, step = node.attribute("size"), node.attribute("step", 1)
    axis, rank = node.axis("dim", default=-1), node.rank()
    last = op.Sub(op.Gather(op.Shape(node.inputs[0]), axis), size - 1)
    starts = op.Range(0, last, step)
    windows = op.Gather(node.inputs[0], op.Add(op.Unsqueeze(starts, [1]), np.arange(size)), axis=axis)
    return op.Transpose(windows, perm=[*range(axis + 1), *range(axis + 2, rank + 1), axis + 1])


@expansion("NGramRepeatBlock", domain=DOMAIN)
def block_repeated(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x, or -∞ where a token would repeat a run of tokens; told apart by the output."""
    (y,) = node.outputs
    return op.Where(op.IsInf(y), y, node.inputs[1])
