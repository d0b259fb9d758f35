"""Models of one line, with metadata and files beside them, and what is found out about them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from onnxcam.graph import load
from onnxcam.samples import find_inputs
from onnxcam.tellers import Preparation, prepare
from tests.conftest import Write

PLAIN = "g (float[N, 3, 32, 32] x) => (float[N, 7] y) { p = GlobalAveragePool(x) f = Flatten(p) y = Gemm(f, w) }"
"""A classifier of seven classes that says nothing of its pictures."""

Ask = Callable[..., Preparation]


@pytest.fixture
def ask(write_model: Write, tmp_path: Path) -> Ask:
    """`ask(text, metadata={…}, files={name: object or text}, …)` gives what is found out about its first input."""

    def found(
        text: str = PLAIN,
        *,
        metadata: Mapping[str, str] | None = None,
        files: Mapping[str, Any] | None = None,
        change: Callable[[onnx.ModelProto], object] | None = None,
        opset: int = 17,
        preprocess: Any = None,
        labels: Any = None,
        **weights: np.ndarray,
    ) -> Preparation:
        path = write_model(text, opset=opset, **{"w": np.ones((3, 7), np.float32), **weights})
        proto = onnx.load(path)
        onnx.helper.set_model_props(proto, dict(metadata or {}))
        if change is not None:
            change(proto)
        onnx.save(proto, path)
        for name, content in (files or {}).items():
            (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
        model = load(path)
        spec = next(iter(find_inputs(model).values()))
        return prepare(model, spec.name, spec.layout, "y", preprocess, labels)

    return found
