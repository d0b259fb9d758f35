"""Whether this processor adds products of uint8 and int8 exactly.

x86 processors with AVX2 but without VNNI add them in pairs in 16 bits, where ONNX Runtime's kernels let large sums
saturate: the shipped model itself then computes something else, and nothing can be held against what it says elsewhere.
"""

from __future__ import annotations

import functools

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

__all__ = ["needs_exact_int8"]

DEPTH = 64


def needs_exact_int8(name: str) -> None:
    """Skip the test of a model whose name says that it multiplies uint8 by int8, where such sums saturate."""
    if ("int8" in name or "mixed" in name) and saturates():
        pytest.skip("this processor's sums of uint8 times int8 saturate in ONNX Runtime: it has no VNNI")


@functools.cache
def saturates() -> bool:
    weights = numpy_helper.from_array(np.full((DEPTH, 4), 127, np.int8), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["x", "weights"], ["y"])],
        "sums",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, [4, DEPTH])],
        [helper.make_tensor_value_info("y", TensorProto.INT32, [4, 4])],
        [weights],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x": np.full((4, DEPTH), 255, np.uint8)})
    return bool((found != 255 * 127 * DEPTH).any())
