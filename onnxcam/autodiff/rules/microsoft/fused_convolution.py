"""Convolutions with what ONNX Runtime fuses into them, and operators on images whose channels come last."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN, activated, listed_parameters

WINDOWS = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


@expansion("FusedConv", domain=DOMAIN)
def fused_conv(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = f(x ⋆ w + b + z)."""
    return _fused(op, node, op.Conv(*node.inputs[:3], **_given(node, *WINDOWS)))


@expansion("NhwcConv", "NhwcFusedConv", domain=DOMAIN)
def nhwc_conv(op: Emitter, node: ForwardNode) -> ir.Value:
    """As fused_conv; channels come last in x, y and z."""
    x = channels_first(op, node.inputs[0], node.rank())
    y = op.Conv(x, *node.inputs[1:3], **_given(node, *WINDOWS))
    return _fused(op, node, channels_last(op, y, node.rank()))


@expansion("NhwcMaxPool", domain=DOMAIN)
def nhwc_max_pool(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = MaxPool(x), channels last."""
    names = ("auto_pad", "ceil_mode", "dilations", "kernel_shape", "pads", "strides")
    y = op.MaxPool(channels_first(op, node.inputs[0], node.rank()), **_given(node, *names))
    return channels_last(op, y, node.rank())


@expansion("ConvTransposeWithDynamicPads", domain=DOMAIN)
def conv_transpose(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = ConvTranspose(x, w) + b without pads, cut by them at both ends."""
    given = _given(node, "auto_pad", "dilations", "group", "kernel_shape", "output_padding", "strides")
    x, w, pads = *node.inputs[:2], node.input(2)
    y: ir.Value = op.ConvTranspose(x, w, node.input(3), **given)
    if pads is None:
        return y
    rank = node.rank() - 2
    ends = op.Sub(op.Shape(y, start=2), op.Slice(pads, [rank], [2 * rank]))
    return op.Slice(y, op.Slice(pads, [0], [rank]), ends, list(range(2, rank + 2)))


def channels_first(op: Emitter, x: ir.Value | None, rank: int) -> ir.Value:
    """Images whose channels came last."""
    return op.Transpose(x, perm=[0, rank - 1, *range(1, rank - 1)])


def channels_last(op: Emitter, x: ir.Value, rank: int) -> ir.Value:
    """Images whose channels came first."""
    return op.Transpose(x, perm=[0, *range(2, rank), 1])


def _fused(op: Emitter, node: ForwardNode, y: ir.Value) -> ir.Value:
    """The residual added, then the activation."""
    residual = node.input(3)
    return activated(op, node, y if residual is None else op.Add(y, residual), listed_parameters(node))


def _given(node: ForwardNode, *names: str) -> dict[str, object]:
    return {name: node.attribute(name) for name in names}
