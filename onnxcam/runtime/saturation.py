"""Whether this processor adds products of uint8 and int8 exactly, measured, and what is said where it does not."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
import onnx
import onnx_ir as ir

from onnxcam.graph import Model, can_saturate
from onnxcam.notes import saturated
from onnxcam.runtime.providers import choose_provider
from onnxcam.runtime.session import open_session

__all__ = ["processor_notes", "sums_saturate"]

DEPTH = 64
PRODUCTS = f"""<ir_version: 8, opset_import: ["": 13]>
products (uint8[4, {DEPTH}] bytes, int8[{DEPTH}, 4] weights) => (int32[4, 4] sums) {{
    sums = MatMulInteger(bytes, weights)
}}"""


@functools.cache
def sums_saturate() -> bool:
    """Whether sums of uint8 times int8 saturate in ONNX Runtime on this processor; one run finds out, once a process.

    Raises:
        ProviderError: ONNX Runtime is not installed.
    """
    model = ir.from_proto(onnx.parser.parse_model(PRODUCTS))
    session = open_session(model, choose_provider("cpu", threads=1), Path())
    feeds = {"bytes": np.full((4, DEPTH), 255, np.uint8), "weights": np.full((DEPTH, 4), 127, np.int8)}
    return bool((session.run_arrays(feeds, ["sums"])["sums"] != DEPTH * 255 * 127).any())


def processor_notes(model: Model, provider: str) -> tuple[str, ...]:
    """Notes on what this processor makes of a model that `provider`, `cpu` or `cuda`, runs.

    Raises:
        ProviderError: ONNX Runtime is not installed.
    """
    return saturated(provider == "cpu" and can_saturate(model) and sums_saturate())
