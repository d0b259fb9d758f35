"""ONNX Runtime as tests run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
import onnxruntime
from numpy.typing import NDArray

__all__ = ["run_plainly"]

Array = NDArray[Any]


def run_plainly(model: onnx.ModelProto, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Run on ONNX Runtime without optimisation: the same numbers for the same node in whatever model it stands."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    names = [o.name for o in session.get_outputs()]
    return dict(zip(names, session.run(names, dict(feeds)), strict=True))
