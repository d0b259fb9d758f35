"""Rows for `onnxcam/autodiff/rules/quantized/packed_weights.py`, which only ONNX Runtime runs."""

from typing import Any

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import Case

Array = NDArray[Any]

RNG = np.random.default_rng(3)
N, K, BLOCK = 5, 40, 16
BLOCKS = -(-K // BLOCK)


def matmul_n_bits(name: str, bits: int, inputs: str, *, zeros: bool = False, bias: bool = False) -> Case:
    given = {
        "a": (2, 3, K),
        "b": RNG.integers(0, 256, (N, BLOCKS, BLOCK * bits // 8), dtype=np.uint8),
        "s": RNG.uniform(0.05, 0.2, (N, BLOCKS)),
    }
    if zeros:
        given["z"] = RNG.integers(0, 256, (N, -(-BLOCKS * bits // 8)), dtype=np.uint8)
    if bias:
        given["c"] = (N,)
    attributes = f"K = {K}, N = {N}, bits = {bits}, block_size = {BLOCK}"
    body = f"y = com.microsoft.MatMulNBits <{attributes}> ({inputs})"
    constant = tuple(n for n in ("b", "s", "z") if n in given)
    return Case(
        f"com.microsoft.MatMulNBits-{name}",
        body,
        given,
        (17,),
        constant=constant,
        runtime="onnxruntime",
        is_dynamic=not bias,
    )


def gather(name: str, form: str, table: Array, scales: tuple[int, ...], zeros: Array | None = None) -> Case:
    names = "d, i, s" if zeros is None else "d, i, s, z"
    given = {"d": table, "i": np.array([[0, 3], [2, 2]]), "s": RNG.uniform(0.05, 0.2, scales)}
    if zeros is not None:
        given["z"] = zeros
    return Case(
        f"com.microsoft.GatherBlockQuantized-{name}",
        f"y = com.microsoft.GatherBlockQuantized <block_size = 16, {form}> ({names})",
        given,
        (21,),
        constant=("d", "z")[: 1 + (zeros is not None)],
        runtime="onnxruntime",
        is_dynamic=zeros is None,
    )


FOUR = ml_dtypes.int4
CASES = (
    gather("bytes", "bits = 8, quantize_axis = 1", RNG.integers(0, 256, (4, 40), np.uint8), (4, 3)),
    gather(
        "packed",
        "bits = 4, quantize_axis = -1",
        RNG.integers(0, 256, (5, 20), np.uint8),
        (5, 3),
        RNG.integers(0, 256, (5, 2), np.uint8),
    ),
    gather("int4", "quantize_axis = 0, gather_axis = 1", RNG.integers(-8, 8, (40, 4)).astype(FOUR), (3, 4)),
    matmul_n_bits("four", 4, "a, b, s"),
    matmul_n_bits("zeros", 4, "a, b, s, z", zeros=True),
    matmul_n_bits("bias", 4, "a, b, s, , , c", bias=True),
    matmul_n_bits("eight", 8, "a, b, s, z", zeros=True),
)
