"""Operators of ONNX 1.0 that the standard dropped; ONNX Runtime runs them in models up to opset 9.

Source: the schemas that ONNX Runtime keeps of them.
"""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import parametric_softplus, scaled_tanh
from onnxcam.autodiff.rules.slicing import END


@expansion("Affine")
def affine(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = αx + β."""
    return op.Add(op.Mul(node.inputs[0], node.attribute("alpha", 1.0)), node.attribute("beta", 0.0))


@expansion("Scale")
def scale(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = scale·x."""
    return op.Mul(node.inputs[0], node.attribute("scale", 1.0))


@expansion("ParametricSoftplus")
def softplus(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = α·ln(1 + exp(βx))."""
    return parametric_softplus(op, node.inputs[0], node.attribute("alpha"), node.attribute("beta"))


@expansion("ScaledTanh")
def tanh(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = α·tanh(βx)."""
    return scaled_tanh(op, node.inputs[0], node.attribute("alpha"), node.attribute("beta"))


@expansion("Crop")
def crop(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = x without its borders (left, top, right, bottom), or `scale` pixels from the first two on."""
    left, top, right, bottom = node.attribute("border")
    size = node.attribute("scale")
    ends = [top + size[0], left + size[1]] if size else [-bottom or END, -right or END]
    return op.Slice(node.inputs[0], [top, left], ends, [2, 3])


@expansion("DynamicSlice")
def dynamic_slice(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = Slice(x)."""
    return op.Slice(*node.inputs)
