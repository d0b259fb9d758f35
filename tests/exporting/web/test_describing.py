"""What the page is told of a model is what the explainer knows."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from onnxcam import Explainer
from onnxcam.errors import InputError
from onnxcam.exporting.web import describe_page
from tests.conftest import Write
from tests.exporting.web.stand_in import MODELS, NAMES
from tests.shared import shared


def test_a_bundled_model() -> None:
    path = MODELS / "shapes-torchscript.onnx"
    config = describe_page(Explainer(path, preprocess=MODELS / "preprocess.json"), title="Shapes", alpha=0.4)
    assert config.title == "Shapes"
    assert config.alpha == 0.4
    assert config.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (config.layer, config.method) == ("/last/Conv_output_0", "grad-cam")
    assert (config.input_name, config.input_type, config.layout) == ("input", "float32", "NCHW")
    assert (config.channels, config.height, config.width) == (3, 96, 96)
    assert config.class_names == NAMES
    assert (config.score_output, config.score_scale) == ("logits", "logits")
    assert config.preprocess.mean == (0.5, 0.5, 0.5)
    assert config.notes == ()


def test_channels_last_and_assumptions() -> None:
    config = describe_page(Explainer(MODELS / "shapes-keras.onnx"))
    assert (config.layout, config.channels, config.height) == ("NHWC", 3, 96)
    assert config.title == "What does shapes-keras.onnx look at?"
    assert any("assumed" in note for note in config.notes)


TEXT = """g (float[N, {channels}, 16, 16] x) => ({outputs}) {{
    c = Conv (x, w)
    r = Relu(c)
    p = GlobalAveragePool(r)
    z = Flatten(p)
    {rest}
}}"""


@pytest.mark.parametrize(
    ("outputs", "rest", "expected"),
    [
        ("float[N, 4] z", "", ("z", "logits")),
        ("float[N, 4] y", "y = Softmax(z)", ("y", "probabilities")),
        ("float[N, 4] y", "y = Sigmoid(z)", ("y", "probabilities")),
        ("float[N, 4] y", "y = LogSoftmax(z)", ("y", "logits")),
        ("float[N, 4] z, float[N, 4] y", "y = Softmax(z)", ("y", "probabilities")),
        ("float16[N, 4] y", "s = Softmax(z)  y = Cast <to = 10> (s)", ("y", "probabilities")),
        ("int64[N] y", "y = ArgMax <axis = 1, keepdims = 0> (z)", (None, "logits")),
    ],
    ids=["logits", "softmax", "sigmoid", "log softmax", "both", "cast", "decision"],
)
def test_which_output_has_the_scores(
    write_model: Write, outputs: str, rest: str, expected: tuple[str | None, str]
) -> None:
    path = write_model(TEXT.format(channels=3, outputs=outputs, rest=rest), w=np.ones((4, 3, 3, 3), np.float32))
    config = describe_page(Explainer(path))
    assert (config.score_output, config.score_scale) == expected


@pytest.mark.parametrize(("kind", "name"), [("float16", "float16"), ("double", "float64"), ("uint8", "uint8")])
def test_the_type_of_the_input(write_model: Write, kind: str, name: str) -> None:
    text = TEXT.format(channels=3, outputs="float[N, 4] z", rest="").replace("float[N, 3", f"{kind}[N, 3")
    text = text.replace("c = Conv (x, w)", "f = Cast <to = 1> (x)  c = Conv (f, w)")
    path = write_model(text, w=np.ones((4, 3, 3, 3), np.float32))
    assert describe_page(Explainer(path, preprocess="raw")).input_type == name


def test_one_channel_and_one_score(write_model: Write) -> None:
    text = TEXT.format(channels=1, outputs="float[N, 1] z", rest="")
    config = describe_page(Explainer(write_model(text, w=np.ones((1, 1, 3, 3), np.float32)), preprocess="unit"))
    assert (config.channels, config.score_output, config.score_scale) == (1, "z", "numbers")


def test_scores_with_positions_are_not_told(write_model: Write) -> None:
    text = "g (float[N, 3, 16, 16] x) => (float[N, 4, 14, 14] z) { c = Conv (x, w)  r = Relu(c)  z = Conv(r, v) }"
    path = write_model(text, w=np.ones((4, 3, 3, 3), np.float32), v=np.ones((4, 4, 1, 1), np.float32))
    config = describe_page(Explainer(path))
    assert config.score_output is None
    assert config.class_count == 4


def test_the_classes_of_a_detector_are_those_of_its_boxes() -> None:
    assert describe_page(Explainer(shared("models/yolox-nano/model.onnx"))).class_count == 80


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("float[N, 3, 16, 16] x, float[N, 4] e", "also takes 'e'"),
        ("float[2, 3, 16, 16] x", "one picture, and 'x' of model.onnx takes float32"),
        ("float[N, 3, 16] x", "one picture, and 'x'"),
    ],
    ids=["another input", "batch", "signal"],
)
def test_a_model_that_takes_something_else_is_refused(write_model: Write, given: str, told: str) -> None:
    space, kernel = ("[3]", (4, 3, 3)) if "16]" in given and "16, 16" not in given else ("[3, 3]", (4, 3, 3, 3))
    end = "y = Add(z, e)" if " e" in given else "y = Identity(z)"
    text = f"""g ({given}) => (float[N, 4] y) {{
        c = Conv <kernel_shape = {space}> (x, w)
        r = Relu(c)
        p = GlobalAveragePool(r)
        z = Flatten(p)
        {end}
    }}"""
    with pytest.raises(InputError, match=told):
        describe_page(Explainer(write_model(text, w=np.ones(kernel, np.float32))))
