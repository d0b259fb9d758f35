"""What the emitter sees to, so that no rule need."""

from __future__ import annotations

import onnx_ir as ir
import pytest

from onnxcam.autodiff.emitter import Emitter
from onnxcam.graph import Constants


@pytest.mark.parametrize("dtype", [ir.DataType.FLOAT, ir.DataType.DOUBLE], ids=["float", "double"])
@pytest.mark.parametrize("number", [0.5, [0.5, 1.5]], ids=["scalar", "list"])
def test_a_number_without_a_neighbour_takes_the_dtype_of_the_gradient(dtype: ir.DataType, number: object) -> None:
    forward = ir.Graph([], [], nodes=[], opset_imports={"": 18})
    op = Emitter(forward, Constants(forward, 18), dtype)
    condition = op.input("condition", ir.DataType.BOOL, ir.Shape([2]))
    for emitter in (op, op.subgraph()):
        assert emitter.Where(condition, number, 1.0).dtype == dtype
        assert emitter.Expand(number, [2]).dtype == dtype
    assert op.Range(0, 4, 1).dtype == ir.DataType.INT64


def test_a_pool_that_rounds_up_has_the_size_that_runtimes_give() -> None:
    """The last window of three would begin behind the image."""
    forward = ir.Graph([], [], nodes=[], opset_imports={"": 18})
    op = Emitter(forward, Constants(forward, 18), ir.DataType.FLOAT)
    x = op.input("x", ir.DataType.FLOAT, ir.Shape([1, 1, 6]))
    assert op.AveragePool(x, kernel_shape=[2], strides=[3], ceil_mode=1).shape == (1, 1, 2)
