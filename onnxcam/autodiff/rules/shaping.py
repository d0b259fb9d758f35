"""Operators that give the same elements another shape or order, and those that repeat them."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp


@vjp("Reshape", "Flatten")
def reshape(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ in the shape of x."""
    return shaped_as(op, node.inputs[0], ct)


@vjp("Squeeze")
def squeeze(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ with the ones put back."""
    axes = _axes(node)
    return op.Unsqueeze(ct, axes) if axes is not None else shaped_as(op, node.inputs[0], ct)


@vjp("Unsqueeze")
def unsqueeze(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ without the new ones."""
    return op.Squeeze(ct, _axes(node))


@vjp("Transpose")
def transpose(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ permuted back; without `perm`, reversing the axes is its own inverse."""
    perm = node.attribute("perm")
    return op.Transpose(ct, perm=[int(i) for i in np.argsort(perm)] if perm is not None else None)


@vjp("Expand", broadcasts=True)
def expand(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅, summed over what was repeated."""
    return ct


@vjp("Tile")
def tile(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Σ of the repetitions of x in y̅."""
    x, repeats = node.inputs[0], node.constant(1)
    rank = node.rank()
    dims = node.dims()
    if repeats is None or dims.count(None) > 1:
        pairs = op.Concat(op.Unsqueeze(node.inputs[1], [1]), op.Unsqueeze(op.Shape(x), [1]), axis=1)
        return op.ReduceSum(op.Reshape(ct, op.Reshape(pairs, [-1])), list(range(0, 2 * rank, 2)), keepdims=0)
    sizes: list[int] = []
    summed: list[int] = []
    for times, dim in zip(repeats, dims, strict=True):
        if times != 1:
            summed.append(len(sizes))
            sizes.append(int(times))
        sizes.append(-1 if dim is None else dim)
    return op.ReduceSum(op.Reshape(ct, sizes), summed, keepdims=0) if summed else ct


@vjp("SpaceToDepth")
def space_to_depth(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = DepthToSpace(y̅) in the same mode, which is DCR before version 28."""
    return op.DepthToSpace(ct, blocksize=node.attribute("blocksize"), mode=node.attribute("mode", "DCR"))


@vjp("DepthToSpace")
def depth_to_space(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = SpaceToDepth(y̅); in mode CRD with the channels brought from (block, depth) to (depth, block)."""
    side = node.attribute("blocksize")
    blocks = op.SpaceToDepth(ct, blocksize=side)
    if node.attribute("mode", "DCR") == "DCR":
        return blocks
    channels = node.dims()[1]
    if channels is not None:
        return op.Gather(blocks, np.arange(channels).reshape(side * side, -1).T.reshape(-1), axis=1)
    split = op.Reshape(op.Transpose(blocks, perm=[0, 2, 3, 1]), [0, 0, 0, side * side, -1])
    return shaped_as(op, node.inputs[0], op.Transpose(split, perm=[0, 4, 3, 1, 2]))


def shaped_as(op: Emitter, value: ir.Value | None, ct: ir.Value) -> ir.Value:
    """`ct` in the shape of the forward `value`; the shape is a residual only where two sizes are dynamic."""
    assert value is not None
    dims = [d if isinstance(d, int) else -1 for d in value.shape] if value.shape is not None else [-1, -1]
    return op.Reshape(ct, dims if dims.count(-1) == 1 and 0 not in dims else op.Shape(value))


def _axes(node: ForwardNode) -> list[int] | ir.Value | None:
    """The axes put in or taken out, as the model gives them, or the input that holds them when it is computed."""
    axes = node.ints_or_value("axes", 1)
    return list(axes) if isinstance(axes, tuple) else axes
