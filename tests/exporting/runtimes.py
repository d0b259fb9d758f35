"""Runtimes that run an exported file whole, each in the way its users do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray

from tests.browser.running import run_in_browser

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
    names = [o.name for o in onnx.load(path, load_external_data=False).graph.output]  # it has several for one
    return {name: np.array(results[output]) for name, output in zip(names, compiled.outputs, strict=True)}


def with_reference(path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    """The evaluator of the onnx package."""
    from onnx.reference import ReferenceEvaluator

    session = ReferenceEvaluator(str(path))
    with np.errstate(divide="ignore", invalid="ignore"):  # of a Where whose other branch is taken
        return dict(zip(session.output_names, session.run(None, dict(feeds)), strict=True))


def with_browser(path: Path, feeds: Feeds) -> dict[str, NDArray[Any]]:
    """ONNX Runtime Web in Chromium; the outputs that are tensors of numbers, for others do not come out of it."""
    graph = onnx.load(path, load_external_data=False).graph
    names = [o.name for o in graph.output if o.type.tensor_type.elem_type not in (0, onnx.TensorProto.STRING)]
    return run_in_browser(path, feeds, outputs=names) if names else {}


RUNTIMES: dict[str, Run] = {
    "onnxruntime": with_onnxruntime,
    "openvino": with_openvino,
    "onnx.reference": with_reference,
    "browser": with_browser,
}
