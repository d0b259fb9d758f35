"""Classical machine learning: operators that prepare features.

Source: ai.onnx.ml, as ONNX Runtime computes it: (N, F), or (F,) as one row. Features are what the last axis counts.
"""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion

ML = "ai.onnx.ml"


@expansion("Scaler", domain=ML)
def scaler(op: Emitter, node: ForwardNode) -> ir.Value:
    """(x - offset)·scale, one of each for every feature or for all."""
    _require_rows(node)
    offset, scale = (np.array(node.attribute(name), dtype=np.float64) for name in ("offset", "scale"))
    return op.Mul(op.Sub(node.inputs[0], offset), scale)


@expansion("Normalizer", domain=ML)
def normalizer(op: Emitter, node: ForwardNode) -> ir.Value:
    """x/‖x‖ over the features, x where the norm is 0. The maximum is not that of absolute values."""
    _require_rows(node)
    x, norm = node.inputs[0], {"MAX": op.ReduceMax, "L1": op.ReduceL1, "L2": op.ReduceL2}[node.attribute("norm")]
    length = norm(x, [-1], keepdims=1)
    return op.Div(x, op.Where(op.Equal(length, 0.0), 1.0, length))


@expansion("Imputer", domain=ML)
def imputer(op: Emitter, node: ForwardNode) -> ir.Value:
    """Where(x is the value to replace, another, x)."""
    _require_rows(node)
    x, missing = node.inputs[0], float(node.attribute("replaced_value_float"))
    is_missing = op.IsNaN(x) if np.isnan(missing) else op.Equal(x, missing)
    return op.Where(is_missing, np.array(node.attribute("imputed_value_floats"), dtype=np.float64), x)


@expansion("FeatureVectorizer", domain=ML)
def feature_vectorizer(op: Emitter, node: ForwardNode) -> ir.Value:
    """The features of all inputs side by side, each cut or filled with zeros to its size."""
    parts = []
    for i, size in enumerate(node.attribute("inputdimensions")):
        rows = op.Flatten(node.inputs[i], axis=int(node.rank(i) > 1))
        parts.append(op.Slice(op.Pad(rows, [0, 0, 0, int(size)]), [0], [int(size)], [1]))
    return op.Concat(*parts, axis=1)


@expansion("ArrayFeatureExtractor", domain=ML)
def array_feature_extractor(op: Emitter, node: ForwardNode) -> ir.Value:
    """x[…, indices], at least a row."""
    rank = node.rank()
    taken = op.Gather(node.inputs[0], op.Reshape(node.inputs[1], [-1]), axis=rank - 1)
    return taken if rank > 1 else op.Unsqueeze(taken, [0])


def _require_rows(node: ForwardNode) -> None:
    if node.rank() > 2:
        raise node.refusal("its input has more axes than rows and features")
