"""Constant weights and tables of a few bits, several of which share a byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.quantized import MICROSOFT
from onnxcam.autodiff.registry import expansion


@expansion("MatMulNBits", domain=MICROSOFT)
def matmul_n_bits(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = a·wᵀ + bias, w = (q - z)·s with a scale and a zero point for each block of a row."""
    if node.input(4) is not None:
        raise node.refusal("its weights are grouped by an index")
    if node.attribute("weight_prepacked", 0):
        raise node.refusal("its weights are laid out for one kind of processor")
    product: ir.Value = op.MatMul(node.inputs[0], np.ascontiguousarray(_weights(node).T))
    bias = node.input(5)
    return product if bias is None else op.Add(product, bias)


@expansion("GatherBlockQuantized", domain=MICROSOFT)
def gather_block_quantized(op: Emitter, node: ForwardNode) -> ir.Value:
    """y = the rows of (q - z)·s that the indices name, with a scale and a zero point for each block along an axis."""
    numbers, zeros = _numbers(node, 0), _numbers(node, 3)
    assert numbers is not None
    axis = int(node.attribute("quantize_axis", 1)) % numbers.ndim
    size = int(node.attribute("block_size", 128)) or numbers.shape[axis]
    blocks = np.arange(numbers.shape[axis]) // size
    if zeros is not None:
        counted = np.take(zeros, blocks, axis)
    else:
        counted = np.asarray(2.0 ** (_bits(node) - 1) if _is_packed(node) else 0.0)
    table = op.Mul(numbers - counted, op.Gather(node.inputs[2], blocks, axis=axis))
    rows: ir.Value = op.Gather(table, node.inputs[1], axis=int(node.attribute("gather_axis", 0)))
    return rows


def _numbers(node: ForwardNode, index: int) -> NDArray[np.float64] | None:
    """A constant input's numbers, each by itself."""
    given = _constant(node, index)
    if given is None:
        return None
    return _unpacked(given, _bits(node)) if _is_packed(node) else given.astype(np.float64)


def _bits(node: ForwardNode) -> int:
    return int(node.attribute("bits", 4))


def _is_packed(node: ForwardNode) -> bool:
    data = node.inputs[0]
    return data is not None and data.dtype == ir.DataType.UINT8


def _weights(node: ForwardNode) -> NDArray[np.float64]:
    """`(N, K)`: column k of row n is the k-th number of the row's bytes, lowest bits first."""
    bits, size, rows = _bits(node), int(node.attribute("block_size")), int(node.attribute("N"))
    columns = int(node.attribute("K"))
    blocks = -(-columns // size)
    packed, scales, zeros = (_constant(node, i) for i in (1, 2, 3))
    assert packed is not None
    assert scales is not None
    numbers = _unpacked(packed.reshape(rows, blocks, -1), bits)[..., :size]
    middle = float(2 ** (bits - 1))
    if zeros is None:
        zero: Any = middle
    elif zeros.dtype == np.uint8:
        zero = _unpacked(zeros.reshape(rows, -1), bits)[:, :blocks, None]
    else:
        zero = zeros.astype(np.float64).reshape(rows, blocks, 1)
    weights = (numbers - zero) * scales.astype(np.float64).reshape(rows, blocks, 1)
    return np.asarray(weights.reshape(rows, -1)[:, :columns], dtype=np.float64)


def _constant(node: ForwardNode, index: int) -> NDArray[Any] | None:
    """An input that must be known, if it is given."""
    if node.input(index) is None:
        return None
    array = node.constant(index)
    if array is None:
        raise node.refusal("its weights are computed at run time")
    return array


def _unpacked(packed: NDArray[np.uint8], bits: int) -> NDArray[np.float64]:
    """The numbers in the bytes along the last axis."""
    shifts = np.arange(0, 8, bits, dtype=np.uint8)
    parts = (packed[..., None] >> shifts) & np.uint8(2**bits - 1)
    return parts.reshape(*packed.shape[:-1], -1).astype(np.float64)
