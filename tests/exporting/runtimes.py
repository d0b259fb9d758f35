"""Runtimes that run an exported file whole, each in the way its users do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

__all__ = ["RUNTIMES", "Feeds", "Run"]

Feeds = Mapping[str, NDArray[Any]]
Run = Callable[[Path, Feeds], dict[str, NDArray[Any]]]


def with_onnxruntime(path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    """ONNX Runtime with its default options."""
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return dict(zip((o.name for o in session.get_outputs()), session.run(None, dict(feeds)), strict=True))


def with_openvino(path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    """OpenVINO on the CPU, in the precision of the file."""
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed (dependency group oracles)")
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled(dict(feeds))
    return {output.get_any_name(): np.array(results[output]) for output in compiled.outputs}


def with_reference(path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    """The evaluator of the onnx package."""
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(str(path))
    return dict(zip(session.output_names, session.run(None, dict(feeds)), strict=True))


RUNTIMES: dict[str, Run] = {
    "onnxruntime": with_onnxruntime,
    "openvino": with_openvino,
    "onnx.reference": with_reference,
}
