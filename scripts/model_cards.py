"""Measures a finished ONNX file on held-out pictures and writes down what it is: its card."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

SCHEMA_VERSION = 1
LICENCE = "Apache-2.0"
BATCH = 100


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Pictures that no model has seen, and what the PyTorch network says of them."""

    inputs: NDArray[np.float32]
    """Preprocessed, `(N, 3, H, W)`."""
    masks: NDArray[np.bool_]
    classes: NDArray[np.int64]
    logits: NDArray[np.float32]
    maps: NDArray[np.float32]
    """Grad-CAM of the predicted class at the last convolution, `(N, h, w)`."""
    classifier: NDArray[np.float32]
    """Weights of the last linear layer, `(C, K)`."""


def measure(path: Path, held_out: HeldOut, *, layout: str, has_softmax: bool) -> dict[str, Any]:
    """Accuracy, distance from PyTorch's logits, and where Grad-CAM's peaks lie, by ONNX Runtime on the CPU."""
    scores, activation = _run(path, _laid_out(held_out.inputs, layout))
    logits = np.log(scores) if has_softmax else scores
    reference = _log_softmax(held_out.logits) if has_softmax else held_out.logits
    maps = _grad_cam(activation, held_out.classifier[scores.argmax(axis=1)])
    return {
        "pictures": len(scores),
        "accuracy": round(float((scores.argmax(axis=1) == held_out.classes).mean()), 4),
        "max_logit_difference": float(f"{np.abs(logits - reference).max():.3g}"),
        "logits_compared": "log-softmax" if has_softmax else "raw",
        "peak_in_mask": round(share_of_peaks_inside(maps, held_out.masks), 4),
        "mean_map_difference": float(f"{np.abs(_unit(maps) - _unit(held_out.maps)).mean():.3g}"),
    }


def share_of_peaks_inside(maps: NDArray[np.float32], masks: NDArray[np.bool_]) -> float:
    """Share of pictures whose map, resized bilinearly to the picture, is largest inside the object's mask."""
    peaks = [int(cv2.resize(saliency, masks.shape[:0:-1]).argmax()) for saliency in maps]
    inside = masks.reshape(len(masks), -1)[np.arange(len(masks)), peaks] & maps.any(axis=(1, 2))
    return float(inside.mean())


def write_card(path: Path, facts: dict[str, Any], measured: dict[str, Any]) -> dict[str, Any]:
    """Write `<name>.json` beside `<name>.onnx` and return what it says."""
    model = onnx.load(path)
    data = path.read_bytes()
    card = {
        "schema_version": SCHEMA_VERSION,
        "file": path.name,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        **facts,
        "producer": f"{model.producer_name} {model.producer_version}".strip(),
        "ir_version": model.ir_version,
        "opset": {entry.domain or "ai.onnx": entry.version for entry in model.opset_import},
        "inputs": [_describe(value) for value in model.graph.input],
        "outputs": [_describe(value) for value in model.graph.output],
        "operators": dict(sorted(Counter(node.op_type for node in model.graph.node).items())),
        "labels": "labels.txt",
        "held_out": measured,
        "licence": LICENCE,
    }
    path.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return card


def _run(path: Path, inputs: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scores `(N, C)` and the last Conv node's output `(N, K, h, w)`."""
    model = onnx.load(path)
    name = [node.output[0] for node in model.graph.node if node.op_type == "Conv"][-1]
    model.graph.output.add(name=name)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0].name
    parts = [session.run(None, {source: inputs[k : k + BATCH]}) for k in range(0, len(inputs), BATCH)]
    scores, activation = (np.concatenate(column).astype(np.float32) for column in zip(*parts, strict=True))
    return scores, activation


def _grad_cam(activation: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Maps `(N, h, w)` in closed form: behind the layer lie a ReLU, a mean over space and a row of weights only."""
    alpha = weights * (activation > 0).mean(axis=(2, 3)) / np.prod(activation.shape[2:])
    return np.maximum(np.einsum("nk,nkhw->nhw", alpha, activation), 0).astype(np.float32)


def _unit(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each map divided by its maximum; a map of zeros stays one."""
    return maps / np.maximum(maps.max(axis=(1, 2), keepdims=True), 1e-12)


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))


def _laid_out(inputs: NDArray[np.float32], layout: str) -> NDArray[np.float32]:
    return np.ascontiguousarray(inputs.transpose(0, 2, 3, 1)) if layout == "NHWC" else inputs


def _describe(value: onnx.ValueInfoProto) -> dict[str, Any]:
    tensor = value.type.tensor_type
    shape = [dimension.dim_param or dimension.dim_value for dimension in tensor.shape.dim]
    return {"name": value.name, "type": onnx.TensorProto.DataType.Name(tensor.elem_type).lower(), "shape": shape}
