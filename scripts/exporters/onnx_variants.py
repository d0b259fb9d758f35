"""What is made from a finished ONNX file: a float16 and an int8 version, and the file without its maker's traces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnx_ir
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.transformers.float16 import convert_float_to_float16


class CalibrationPictures(CalibrationDataReader):
    """Preprocessed pictures `(N, …)`, handed out in batches of 16."""

    def __init__(self, inputs: NDArray[np.float32], name: str) -> None:
        """Reader for the model input called `name`."""
        self._feeds: Iterator[dict[str, NDArray[np.float32]]] = (
            {name: inputs[first : first + 16]} for first in range(0, len(inputs), 16)
        )

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next batch, or None after the last."""
        return next(self._feeds, None)


def write_float16(source: Path, target: Path) -> None:
    """Weights and arithmetic in float16; input and output stay float32, with a Cast behind and before them."""
    model = onnx_ir.from_proto(convert_float_to_float16(onnx.load(source), keep_io_types=True))
    # The converter puts the Cast behind the input last; ONNX wants a node before those that read it.
    model.graph.sort()
    onnx_ir.save(model, target)


def write_int8(source: Path, target: Path, calibration: NDArray[np.float32]) -> None:
    """Static quantisation in QDQ form: int8 activations by tensor, int8 weights by channel."""
    name = onnx.load(source).graph.input[0].name
    quantize_static(
        source,
        target,
        CalibrationPictures(calibration, name),
        quant_format=QuantFormat.QDQ,
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
    )


def strip_traces(path: Path, *, keep_shapes: bool) -> None:
    """Rewrite a file without docstrings and metadata: they hold the paths of the machine that made it.

    `keep_shapes` is false for files whose noted shapes of inner values are wrong.
    """
    model = onnx.load(path)
    graph = model.graph
    for message in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        message.ClearField("doc_string")
        message.ClearField("metadata_props")
    if not keep_shapes:
        graph.ClearField("value_info")
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString(deterministic=True))
