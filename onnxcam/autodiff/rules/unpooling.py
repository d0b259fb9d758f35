"""Operators that spread the elements of windows over an image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.slicing import END


@vjp("MaxUnpool")
def max_unpool(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = y̅ at the indices, which count through the whole output.

    So does ONNX Runtime where `output_shape` is given; the standard counts through the smaller output that the strides
    give, and pads.
    """
    return op.Gather(op.Reshape(ct, [-1]), node.inputs[1], axis=0)


@vjp("Col2Im")
def col2im(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = the windows of y̅ as columns, 0 beyond the image: a convolution by the unit kernel of each element."""
    block = node.ints_or_value("block_shape", 2)
    assert block is not None
    if isinstance(block, tuple):
        size = math.prod(block)
        kernels: Any = np.eye(size).reshape(size, 1, *block)
    else:
        count = op.ReduceProd(block, keepdims=1)
        identity = op.EyeLike(op.ConstantOfShape(op.Concat(count, count, axis=0)), dtype=op.dtype)
        kernels = op.Reshape(identity, op.Concat(count, [1], block, axis=0))
    images = op.Reshape(ct, op.Concat([-1, 1], op.Slice(op.Shape(ct), [2], [END]), axis=0))
    form = {name: node.attribute(name) for name in ("strides", "dilations", "pads")}
    return op.Reshape(op.Conv(images, kernels, **form), op.Shape(node.inputs[0]))
