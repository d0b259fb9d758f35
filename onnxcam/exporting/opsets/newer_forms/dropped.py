"""Operators of ONNX 1.0 that the standard dropped, and ONNX Runtime runs in old models.

Source: the schemas that ONNX Runtime keeps of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import newer
from onnxcam.exporting.opsets.writer import Writer


@newer("ImageScaler", since=8)
def image_scaler(op: Writer, node: ir.Node) -> Any:
    """The picture scaled, and a bias for each of its channels added."""
    (picture,) = node.inputs
    bias = np.array(_given(node, "bias", (0.0,)), dtype=op.dtype(picture).numpy()).reshape(1, -1, 1, 1)
    return op.Add(op.Mul(picture, op.number(_given(node, "scale", 1.0), picture)), bias)


@newer("Affine", since=8)
def affine(op: Writer, node: ir.Node) -> Any:
    """Scaled and moved."""
    (value,) = node.inputs
    scaled = op.Mul(value, op.number(_given(node, "alpha", 1.0), value))
    return op.Add(scaled, op.number(_given(node, "beta", 0.0), value))


@newer("Scale", since=8)
def scale(op: Writer, node: ir.Node) -> Any:
    """Scaled."""
    return op.Mul(node.inputs[0], op.number(_given(node, "scale", 1.0), node.inputs[0]))


@newer("ScaledTanh", since=8)
def scaled_tanh(op: Writer, node: ir.Node) -> Any:
    """The hyperbolic tangent of what is scaled, scaled."""
    alpha, beta = (op.number(_given(node, name, 1.0), node.inputs[0]) for name in ("alpha", "beta"))
    return op.Mul(op.Tanh(op.Mul(node.inputs[0], beta)), alpha)


def _given(node: ir.Node, name: str, default: Any) -> Any:
    return node.attributes[name].value if name in node.attributes else default
