"""Matrix products with what ONNX Runtime fuses into them: transpositions, a factor, a bias, an activation."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import expansion
from onnxcam.autodiff.rules.microsoft.fused_activations import DOMAIN, activated, fast_gelu_of, named_parameters


@expansion("FusedMatMul", "TransposeMatMul", domain=DOMAIN)
def fused_matmul(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = α·a·b, each transposed where an attribute says so."""
    product: ir.Value = op.MatMul(_turned(op, node, 0), _turned(op, node, 1))
    alpha = node.attribute("alpha", 1.0)
    return product if alpha == 1 else op.Mul(product, alpha)


@expansion("FusedMatMulActivation", domain=DOMAIN)
def fused_matmul_activation(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = f(α·a·b)."""
    z = fused_matmul(op, node)
    if node.attribute("activation") != "Softmax":
        return activated(op, node, z, named_parameters(node))
    axis = node.attribute("activation_axis", -1)
    if axis not in (-1, node.rank(node.outputs[0]) - 1):
        raise node.refusal("its Softmax runs over another axis than the last")
    return op.Softmax(z, axis=-1)


@expansion("FusedGemm", domain=DOMAIN)
def fused_gemm(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = f(α·a·b + β·c)."""
    given = {name: node.attribute(name) for name in ("alpha", "beta", "transA", "transB")}
    return activated(op, node, op.Gemm(*node.inputs, **given), named_parameters(node))


@expansion("GemmFastGelu", domain=DOMAIN)
def gemm_fast_gelu(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = FastGelu(x·w + b)."""
    z, bias = op.MatMul(*node.inputs[:2]), node.input(2)
    return fast_gelu_of(op, z if bias is None else op.Add(z, bias))


def _turned(op: Emitter, node: ForwardNode, index: int) -> ir.Value | None:
    """An operand as it enters the product; a vector stays as it is.

    With `transBatch` its first axis stands before the last one.
    """
    value, side, rank = node.inputs[index], "AB"[index], node.rank(index)
    order = list(range(rank))
    if rank > 1 and node.attribute(f"transBatch{side}", 0):
        order = [*range(1, rank - 1), 0, rank - 1]
    if rank > 1 and node.attribute(f"trans{side}", 0):
        order[-2:] = order[-1], order[-2]
    return value if order == list(range(rank)) else op.Transpose(value, perm=order)
