"""ONNX Runtime's operators in the sub-graphs of control flow."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.autodiff import reverse
from onnxcam.autodiff.check import check_gradient
from onnxcam.errors import GradientError
from onnxcam.graph import load
from tests.autodiff.test_rules import run_onnxruntime
from tests.conftest import Write

CHOICE = """g (float[2, 3, 4] x, bool c) => (float[2, 3, 4] y) {{
    y = If (c) <
        then_branch = t () => (float[2, 3, 4] a) {{ {0} }},
        else_branch = e () => (float[2, 3, 4] b) {{ b = Identity(x) }}
    >
}}"""
NODES = {
    "bias": "k = Constant <value = float[4] {1, 2, 3, 4}> ()   a = com.microsoft.BiasGelu(x, k)",
    "heads": "a = com.microsoft.MultiHeadAttention <num_heads = 2> (x, x, x)",
    "clip": """n = Constant <value_ints = [3, 3, 1]> ()   w = ConstantOfShape <value = float[1] {0.7}> (n)
        a = com.microsoft.FusedConv <activation = "Clip", activation_params = [-0.5, 0.5]> (x, w)""",
    # The standard's operator of this name reads its inputs in another order.
    "rotation": """p = Constant <value_ints = [1]> ()   k = Constant <value = float[4, 2] {1, 2, 3, 4, 5, 6, 7, 8}> ()
        a = com.microsoft.RotaryEmbedding(x, p, k, k)""",
}


@pytest.mark.parametrize("opset", [13, 18, 23])
@pytest.mark.parametrize("name", NODES)
def test_a_node_of_another_domain_is_computed_again_in_standard_operators(
    write_model: Write, rng: np.random.Generator, name: str, opset: int
) -> None:
    model = load(write_model(CHOICE.format(NODES[name]), opset=opset))
    feeds = {"x": rng.standard_normal((2, 3, 4)).astype(np.float32), "c": np.array(True)}
    run = {"run_forward": run_onnxruntime, "run_gradient": run_onnxruntime}
    (found,) = check_gradient(model, feeds, ["x"], ["y"], step=1e-2, **run)
    assert found.error < 1e-3


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        ("i, j = Split <axis = 2> (x)   a = com.microsoft.SparseToDenseMatMul(i, j)", "is in a sub-graph"),
        ("i = Constant <value = int64[1, 1] {1}> () a = com.microsoft.NGramRepeatBlock <ngram_size = 1> (i, x)", "own"),
        ("q, a, h = com.microsoft.SkipSimplifiedLayerNormalization(x, x, s)", "what makes its output 'a' is not known"),
    ],
    ids=["operator", "own output", "output"],
)
def test_what_is_not_known_in_standard_operators_is_refused(write_model: Write, node: str, reason: str) -> None:
    text = CHOICE.format(node).replace("bool c)", "bool c, float[4] s)")
    model = load(write_model(text, opset=17))
    with pytest.raises(GradientError, match=reason):
        reverse(model, [model.value("y")], [model.value("x")])
