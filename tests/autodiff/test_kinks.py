"""At kinks, where differences tell nothing, rules take the subgradient that PyTorch takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest

from onnxcam.autodiff import reverse
from onnxcam.autodiff.check import pull_back
from onnxcam.errors import GradientError
from onnxcam.graph import Model, load
from tests.autodiff.test_rules import run_onnxruntime

# One sample amid four elements, which weigh a quarter each; it is put out four times.
AMID_FOUR = """
    s = Constant <value_ints = [1, 1, 2, 2]> () i = Reshape(x, s) k = Constant <value_ints = [0]> ()
    r = Constant <value = float[1, 4] {0, 0, 2, 2}> () m = RoiAlign <mode = "max", sampling_ratio = 1> (i, r, k)
    w = Constant <value_ints = [-1]> () v = Reshape(m, w) n = Shape(x) y = Expand(v, n)"""
# Node, opset, x, and the gradient of the sum of y.
KINKS = (
    ("y = Relu(x)", 14, [-1.0, 0.0, 1.0], [0.0, 0.0, 1.0]),
    ("y = Abs(x)", 13, [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]),
    ("y = Max(x, z)", 13, [-1.0, 0.0, 1.0], [0.0, 0.5, 1.0]),
    ("y = Max(z, x, z)", 13, [-1.0, 0.0, 1.0], [0.0, 1 / 3, 1.0]),
    ("y = Min(x, z)", 13, [-1.0, 0.0, 1.0], [1.0, 0.5, 0.0]),
    ("y = Clip <min = 0.0, max = 1.0> (x)", 10, [-1.0, 0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 0.0]),
    ("y = Clip(x, l, h)", 13, [-1.0, 0.0, 1.0, 2.0], [0.0, 1.0, 1.0, 0.0]),
    ("y = Elu <alpha = 0.5> (x)", 22, [0.0, 1.0], [0.5, 1.0]),
    ("y = Elu <alpha = -0.5> (x)", 22, [0.0, 1.0], [-0.5, 1.0]),
    ("y = HardSwish(x)", 22, [-3.0, 0.0, 3.0], [0.0, 0.5, 1.0]),
    ("y = ThresholdedRelu <alpha = 1.0> (x)", 10, [1.0, 2.0], [0.0, 1.0]),
    ("y = Shrink <lambd = 1.0> (x)", 9, [-1.0, 1.0, 2.0], [0.0, 0.0, 1.0]),
    ("y = LeakyRelu <alpha = 0.5> (x)", 16, [-1.0, 0.0, 1.0], [0.5, 0.5, 1.0]),
    ("y = HardSigmoid <alpha = 0.5, beta = 0.5> (x)", 22, [-1.0, 0.0, 1.0], [0.0, 0.5, 0.0]),
    ("y = LpNormalization(x)", 22, [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    (AMID_FOUR, 16, [1.0] * 4, [0.25] * 4),
    ("u, i, j = Unique(x) y = Gather(u, j)", 11, [2.0, 1.0, 1.0, 3.0, 4.0, 3.0], [1.0, 2.0, 0.0, 2.0, 1.0, 0.0]),
    ("u, , j = Unique <sorted = 0> (x) y = Gather(u, j)", 11, [2.0, 1.0, 2.0], [2.0, 1.0, 0.0]),
)
CLASSES = "classlabels_ints = [0, 1], coefficients = [1.0, 0.0, 0.5]"
MACHINE = "vectors_per_class = [1, 2], support_vectors = [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.5], rho = [0.0]"
# Node, opset, and what the refusal says.
REFUSED = (
    ("y = Dropout(x, , t)", 13, "does not give its mask away"),
    ("y = Dropout(x, , b)", 13, "does not give its mask away"),
    ("r, y, v, m, w = BatchNormalization(x, x, x, x, x)", 9, "running or saved statistics are used"),
    ("y = com.microsoft.BitmaskDropout(x, , t)", 13, "may be in training mode"),
    ("y = com.microsoft.BiasDropout(x, x, , , b)", 13, "may be in training mode"),
    ('m = Unsqueeze(x, a) y = com.microsoft.FusedGemm <activation = "Mish"> (m, m)', 13, "'Mish' is unknown"),
    ('m = Unsqueeze(x, a) y = com.microsoft.FusedGemm <activation = "ScaledTanh"> (m, m)', 13, "lacks the .* 'alpha'"),
    (
        "m = Unsqueeze(x, a) y = com.microsoft.BiasSoftmax <axis = 1, is_inner_broadcast = 1> (m, x)",
        13,
        "lacks the axes",
    ),
    (
        "m = Unsqueeze(x, a) n = Unsqueeze(m, a)"
        'y = com.microsoft.FusedMatMulActivation <activation = "Softmax", activation_axis = 1> (n, n)',
        13,
        "over another axis",
    ),
    ("i = BitCast <to = 6> (x) y = BitCast <to = 1> (i)", 26, "reads the bits of INT32 as FLOAT"),
    (
        f'c, y = ai.onnx.ml.LinearClassifier <{CLASSES}, intercepts = [0.0], post_transform = "PROBIT"> (x)',
        18,
        "undefined",
    ),
    (f"c, y = ai.onnx.ml.SVMClassifier <{CLASSES}, {MACHINE}, prob_a = [1.0], prob_b = [0.0]> (x)", 18, "iteration"),
)


def build(body: str, opset: int, folder: Path, size: int) -> Model:
    constants = "float z = {0.0}, float l = {0.0}, float h = {1.0}, bool t = {1}, int64[1] a = {0}"
    text = f"""<ir_version: 8, opset_import: ["" : {opset}, "com.microsoft" : 1]>
    g (float[{size}] x, bool b) => (float[{size}] y) <{constants}> {{ {body} }}"""
    path = folder / "kink.onnx"
    onnx.save(onnx.parser.parse_model(text), path)
    return load(path)


@pytest.mark.parametrize(("body", "opset", "x", "expected"), KINKS, ids=[k[0] for k in KINKS])
def test_subgradient(body: str, opset: int, x: list[float], expected: list[float], tmp_path: Path) -> None:
    model = build(body, opset, tmp_path, len(x))
    feeds = {"x": np.array(x, dtype=np.float32), "b": np.array(True)}
    found = pull_back(model, feeds, "x", {"y": np.ones(len(x))}, run_onnxruntime, run_onnxruntime)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize(("body", "opset", "reason"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refusal(body: str, opset: int, reason: str, tmp_path: Path) -> None:
    model = build(body, opset, tmp_path, 3)
    with pytest.raises(GradientError, match=reason):
        reverse(model, [model.value("y")], [model.value("x")])
