"""Operators that spread the elements of windows over an image."""

from __future__ import annotations

import itertools
import math

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp


@vjp("MaxUnpool")
def max_unpool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ at the indices, which count through the whole output.

    So does ONNX Runtime where `output_shape` is given; the standard counts through the smaller output that the strides
    give, and pads.
    """
    return op.Gather(op.Reshape(ct, [-1]), node.inputs[1], axis=0)


@vjp("Col2Im")
def col2im(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = each element of the columns' y̅, 0 for those that fell outside of the image."""
    image, block = node.ints("image_shape", 1), node.ints("block_shape", 2)
    assert image is not None
    assert block is not None
    sources = _columns(node, image, block)
    flat = op.Reshape(ct, [0, 0, math.prod(image)])
    columns = op.Gather(op.Pad(flat, [0, 1], None, [2]), sources, axis=2)
    return op.Reshape(columns, [0, -1, sources.shape[1]])


def _columns(node: ForwardNode, image: tuple[int, ...], block: tuple[int, ...]) -> NDArray[np.int64]:
    """For each block element and block, (prod(block), blocks), its flat position in the image; prod(image) outside."""
    rank = len(image)
    strides, dilations = (node.attribute(n) or (1,) * rank for n in ("strides", "dilations"))
    pads = node.attribute("pads") or (0,) * (2 * rank)
    at = [
        np.arange(b)[:, None] * d + np.arange(0, size + p + q - d * (b - 1), s)[None, :] - p
        for size, b, s, d, p, q in zip(image, block, strides, dilations, pads[:rank], pads[rank:], strict=True)
    ]
    found = []
    for element in itertools.product(*(range(b) for b in block)):
        grid = np.meshgrid(*(a[e] for a, e in zip(at, element, strict=True)), indexing="ij")
        inside = np.all([(g >= 0) & (g < size) for g, size in zip(grid, image, strict=True)], axis=0)
        flat = np.ravel_multi_index(tuple(grid), image, mode="clip")
        found.append(np.where(inside, flat, math.prod(image)).reshape(-1))
    return np.array(found, dtype=np.int64)
