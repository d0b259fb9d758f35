"""Small models that the tests of the command line explain or trip over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import parser

CLASSIFIER = """
<ir_version: 8, opset_import: ["" : 17]>
classifier (float[N, 3, 8, 8] image) => (float[N, 3] probabilities)
{
    features = Conv<pads = [1, 1, 1, 1]>(image, kernel)
    active = Relu(features)
    pooled = ReduceMean<axes = [2, 3], keepdims = 0>(active)
    logits = Gemm(pooled, weight, bias)
    probabilities = Softmax(logits)
}
"""

NO_CONVOLUTION = """
<ir_version: 8, opset_import: ["" : 17]>
dense (float[N, 3] x) => (float[N, 3] y) { y = Relu(x) }
"""

NO_FLOAT_PATH = """
<ir_version: 8, opset_import: ["" : 17]>
decision (int64[N, 3] x) => (int64[N, 3] y) { y = Abs(x) }
"""

CUSTOM_OPERATOR = """
<ir_version: 8, opset_import: ["" : 17, "my.domain" : 1]>
custom (float[N, 3, 8, 8] x) => (float[N, 3, 8, 8] y) { y = my.domain.Sharpen(x) }
"""

NO_RULE = """
<ir_version: 8, opset_import: ["" : 17]>
unruled (float[N, 3, 8, 8] image) => (float[N, 4] y)
{
    features = Conv<pads = [1, 1, 1, 1]>(image, kernel)
    y = Det(features)
}
"""

PART_ROUNDED = """
<ir_version: 8, opset_import: ["" : 17]>
rounded (float[N, 3, 8, 8] image) => (float[N, 4] y)
{
    features = Conv<pads = [1, 1, 1, 1]>(image, kernel)
    r = Round(features)
    s = Add(features, r)
    y = ReduceMean<axes = [2, 3], keepdims = 0>(s)
}
"""

KERNEL = {"kernel": np.ones((4, 3, 3, 3), np.float32)}


def write_classifier(path: Path, seed: int = 0, labels: str | None = None) -> Path:
    """A convolution, a pooling and a linear layer with random weights, for 3 x 8 x 8 pictures and 3 classes."""
    rng = np.random.default_rng(seed)
    weights = {
        "kernel": rng.normal(size=(4, 3, 3, 3)),
        "weight": rng.normal(size=(4, 3)),
        "bias": rng.normal(size=3),
    }
    return write(path, CLASSIFIER, {n: w.astype(np.float32) for n, w in weights.items()}, labels)


def write(path: Path, text: str, weights: dict[str, np.ndarray] | None = None, labels: str | None = None) -> Path:
    """A model written in ONNX text, with its weights, as a file."""
    model = parser.parse_model(text)
    model.graph.initializer.extend(onnx.numpy_helper.from_array(w, n) for n, w in (weights or {}).items())
    if labels is not None:
        model.metadata_props.add(key="labels", value=labels)
    onnx.save(model, path)
    return path
