"""Rows for `onnxcam/autodiff/rules/quantized/packed_weights.py`, which only ONNX Runtime runs."""

import numpy as np

from tests.autodiff.cases.case import Case

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


CASES = (
    matmul_n_bits("four", 4, "a, b, s"),
    matmul_n_bits("zeros", 4, "a, b, s, z", zeros=True),
    matmul_n_bits("bias", 4, "a, b, s, , , c", bias=True),
    matmul_n_bits("eight", 8, "a, b, s, z", zeros=True),
)
