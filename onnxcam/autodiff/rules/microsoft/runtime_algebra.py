"""ONNX Runtime's own operators of linear algebra: inverses, distances, complex numbers, Fourier transforms."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion, vjp
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN
from onnxcam.autodiff.rules.slicing import END


@vjp("Inverse", domain=DOMAIN)
def inverse(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = -yᵀ·y̅·yᵀ."""
    rank = node.rank()
    y = op.Transpose(node.outputs[0], perm=[*range(rank - 2), rank - 1, rank - 2])
    return op.Neg(op.MatMul(y, op.MatMul(ct, y)))


@expansion("CDist", domain=DOMAIN)
def distances(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = |aᵢ - bⱼ|², or |aᵢ - bⱼ| with the gradient 0 at 0."""
    a, b = node.inputs
    difference = op.Sub(op.Unsqueeze(a, [1]), op.Unsqueeze(b, [0]))
    match node.attribute("metric", "sqeuclidean"):
        case "sqeuclidean":
            return op.ReduceSumSquare(difference, [2], keepdims=0)
        case "euclidean":
            return op.ReduceL2(difference, [2], keepdims=0)
        case metric:
            raise node.refusal(f"its metric '{metric}' has no kernel in ONNX Runtime")


@expansion("ComplexMul", domain=DOMAIN)
def complex_product(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = a·b, real and imaginary part along the last axis."""
    a, b, c, d = _parts(op, node)
    return op.Concat(op.Sub(op.Mul(a, c), op.Mul(b, d)), op.Add(op.Mul(a, d), op.Mul(b, c)), axis=-1)


@expansion("ComplexMulConj", domain=DOMAIN)
def complex_product_with_conjugate(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = a·b̄, real and imaginary part along the last axis."""
    a, b, c, d = _parts(op, node)
    return op.Concat(op.Add(op.Mul(a, c), op.Mul(b, d)), op.Sub(op.Mul(b, c), op.Mul(a, d)), axis=-1)


@expansion("Rfft", domain=DOMAIN)
def rfft(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = the one-sided DFT of real x along the last axis; parts along a new one."""
    _refuse_other_transforms(node)
    x = node.inputs[0]
    signals = op.Reshape(x, op.Concat([-1], op.Slice(op.Shape(x), [-1], [END]), [1], axis=0))
    spectra = op.DFT(signals, axis=1, onesided=1)
    return op.Reshape(spectra, op.Concat(op.Slice(op.Shape(x), [0], [-1]), [-1, 2], axis=0))


@expansion("Irfft", domain=DOMAIN)
def irfft(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = the real inverse DFT of a one-sided spectrum, as long as the output is."""
    _refuse_other_transforms(node)
    x, shape = node.inputs[0], op.Shape(node.outputs[0])
    spectra = op.Reshape(x, op.Concat([-1], op.Slice(op.Shape(x), [-2], [END]), axis=0))
    length, bins = op.Gather(shape, -1), op.Gather(op.Shape(spectra), 1)
    mirrored = op.Gather(spectra, op.Sub(length, op.Range(bins, length, 1)), axis=1)
    whole = op.Concat(spectra, op.Mul(mirrored, np.array([1.0, -1.0])), axis=1)
    signals = op.DFT(whole, axis=1, inverse=1)
    return op.Reshape(op.Gather(signals, 0, axis=2), shape)


def _parts(op: Emitter, node: ForwardNode) -> tuple[ir.Value, ...]:
    """The real and the imaginary part of a and of b."""
    return tuple(part for v in node.inputs for part in op.Split(v, axis=-1, num_outputs=2, _outputs=2))


def _refuse_other_transforms(node: ForwardNode) -> None:
    if node.attribute("signal_ndim", 1) != 1 or node.attribute("normalized", 0) or not node.attribute("onesided", 1):
        raise node.refusal("it is no one-sided transform of one axis without normalization")
