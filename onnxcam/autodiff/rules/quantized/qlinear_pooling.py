"""Averages that read quantised values and quantise their result; see `qlinear`."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT, dequantized, requantized
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.quantized.channels_last import channels_first, channels_last

POOL = ("auto_pad", "ceil_mode", "count_include_pad", "kernel_shape", "pads", "strides")


@expansion("QLinearAveragePool", domain=MICROSOFT)
def qlinear_average_pool(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = the mean of x over each window, over s."""
    pooled = op.AveragePool(channels_first(op, node, dequantized(op, node, 0)), **node.given(*POOL))
    return requantized(op, node, channels_last(op, node, pooled), 3)


@expansion("QLinearGlobalAveragePool", domain=MICROSOFT)
def qlinear_global_average_pool(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = the mean of x over space, over s."""
    first = 1 if node.attribute("channels_last", 0) else 2
    axes = list(range(first, first + node.rank() - 2))
    return requantized(op, node, op.ReduceMean(dequantized(op, node, 0), axes), 3)


@expansion("QLinearReduceMean", domain=MICROSOFT)
def qlinear_reduce_mean(op: Emitter, node: ForwardNode) -> ir.Value:
    """ŷ = the mean of x over the axes, over s."""
    axes = node.axes(None) or range(node.rank())
    mean = op.ReduceMean(dequantized(op, node, 0), list(axes), keepdims=node.attribute("keepdims", 1))
    return requantized(op, node, mean, 3)
