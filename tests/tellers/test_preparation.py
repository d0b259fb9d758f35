"""Parts told by several sources make one; what is asked for wins, and what nobody tells is assumed and noted."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from onnxcam.errors import InputError
from onnxcam.imaging import PRESETS, Preprocess
from tests.tellers.conftest import PLAIN, Ask

OPEN = PLAIN.replace("32, 32", "H, W")
SEGMENTS = "g (float[N, 3, H, W] x) => (float[N, 3, H, W] y) { y = Relu(x) }"
SCALED = PLAIN.replace("{ p", "{ d = Div(x, c) p").replace("Pool(x)", "Pool(d)")
BY_255 = np.array(255, np.float32)


def test_nothing_told_is_noted(ask: Ask) -> None:
    found = ask()
    assert found.preprocess == PRESETS["imagenet"]
    assert (found.source, found.origin) == ("'imagenet', which is assumed", "assumed")
    assert found.picture_notes == (
        "the file does not say how pictures are preprocessed; 'imagenet' is assumed (--preprocess changes it)",
    )


@pytest.mark.parametrize("given", ["tf", Preprocess("own", scale=0.5)], ids=["preset", "settings"])
def test_what_is_asked_for_wins(ask: Ask, given: str | Preprocess) -> None:
    found = ask(SCALED, c=BY_255, metadata={"Image.BitmapPixelFormat": "Bgr8"}, preprocess=given)
    assert found.preprocess == (PRESETS["tf"] if given == "tf" else given)
    assert (found.origin, found.picture_notes) == ("asked for", ())


def test_a_preset_that_does_not_exist_is_an_error(ask: Ask) -> None:
    with pytest.raises(InputError, match="Did you mean 'imagenet'"):
        ask(preprocess="imagenett")


def test_parts_come_from_where_they_are_told(ask: Ask) -> None:
    config = {"image_mean": [0.1, 0.2, 0.3], "image_std": [1, 1, 1], "size": 32, "resample": 3}
    found = ask(
        SCALED, c=BY_255, metadata={"Image.BitmapPixelFormat": "Bgr8"}, files={"preprocessor_config.json": config}
    )
    assert found.source == (
        "values from Div at the graph's start, which takes 0..255; "
        "channel order from the file's image metadata; "
        "framing from preprocessor_config.json beside the model"
    )
    spec = found.preprocess
    assert (spec.scale, spec.mean, spec.channel_order, spec.interpolation) == (1.0, (0.0,), "bgr", "bicubic")


def test_numbers_a_channel_follow_the_order(ask: Ask) -> None:
    config = {"image_mean": [0.1, 0.2, 0.3], "image_std": [1, 2, 3], "do_resize": False}
    found = ask(metadata={"x": ""}, files={"preprocessor_config.json": config})
    assert (found.preprocess.channel_order, found.preprocess.mean) == ("rgb", (0.1, 0.2, 0.3))
    described = ask(
        files={"preprocessor_config.json": config},
        change=lambda proto: setattr(proto.graph.input[0], "doc_string", "Image(s) in BGR format."),
    ).preprocess
    assert (described.channel_order, described.mean, described.std) == ("bgr", (0.3, 0.2, 0.1), (3.0, 2.0, 1.0))


def test_equal_numbers_fit_one_channel(ask: Ask) -> None:
    config = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "size": 32}
    found = ask(
        PLAIN.replace("N, 3", "N, 1"), w=np.ones((1, 7), np.float32), files={"preprocessor_config.json": config}
    )
    assert (found.preprocess.mean, found.preprocess.std) == ((0.5,), (0.5,))


@pytest.mark.parametrize(
    ("producer", "preset", "reason"),
    [
        ("onnx-caffe2", "caffe", ", since Caffe2 wrote it"),
        ("CNTK", "raw", ", since CNTK wrote it"),
        ("tf2onnx", "tf", ", since it comes from TensorFlow"),
        ("pytorch", "imagenet", ""),
    ],
    ids=["Caffe2", "CNTK", "TensorFlow", "PyTorch"],
)
def test_the_exporter_is_a_reason_to_assume(ask: Ask, producer: str, preset: str, reason: str) -> None:
    found = ask(change=lambda proto: setattr(proto, "producer_name", producer))
    assert (found.preprocess.name, found.origin) == (preset, "assumed")
    assert f"; '{preset}' is assumed{reason} (--preprocess" in found.picture_notes[0]


@pytest.mark.parametrize(
    ("node", "preset"),
    [
        ("model/conv5_block3_3_conv/Conv2D", "caffe"),
        ("resnet50_1/conv5_block3_out_1/Relu", "caffe"),
        ("StatefulPartitionedCall/resnet50v2/conv2_block1_preact_bn/FusedBatchNormV3", "tf"),
        ("vgg16_1/block5_conv3_1/convolution", "caffe"),
        ("mobilenetv2_1.00_224_1/block_16_expand_relu_1/Relu6", "tf"),
        ("block14_sepconv2", "tf"),
        ("my_block5_conv3/Conv2D", "imagenet"),
        ("model/block5_conv3x/Conv2D", "imagenet"),
    ],
    ids=str,
)
def test_layers_called_as_those_of_keras_are_a_reason_to_assume(ask: Ask, node: str, preset: str) -> None:
    def rename(proto: onnx.ModelProto) -> None:
        proto.graph.node[0].name = node

    found = ask(change=rename)
    assert (found.preprocess.name, found.origin) == (preset, "assumed")


@pytest.mark.parametrize(
    ("boxes", "order", "resize"),
    [(16 + 4 + 1, "bgr", "letterbox"), (3 * (16 + 4 + 1), "rgb", "stretch")],
    ids=["YOLOX", "three boxes a cell"],
)
def test_a_stem_of_slices_and_one_box_a_cell_are_a_reason_to_assume(
    ask: Ask, boxes: int, order: str, resize: str
) -> None:
    text = f"""g (float[1, 3, 32, 32] x) => (float[1, {boxes}, 7] y) {{
        a = Slice(x, zero, end, axis, two) b = Slice(x, one, end, axis, two) c = Add(a, b)
        f = Flatten(c) m = MatMul(f, v) y = Reshape(m, s) }}"""
    whole = {"zero": [0], "one": [1], "end": [32], "axis": [2], "two": [2], "s": [1, boxes, 7]}
    weights = {key: np.array(value, np.int64) for key, value in whole.items()}
    found = ask(text, v=np.ones((3 * 16 * 32, boxes * 7), np.float32), **weights)
    assert (found.preprocess.channel_order, found.preprocess.resize, found.origin) == (order, resize, "assumed")


@pytest.mark.parametrize(
    ("text", "preprocess", "size", "crop", "resize"),
    [
        (OPEN, None, None, (224, 224), "shortest"),
        (OPEN, "unit", (224, 224), None, "stretch"),
        (OPEN, "imagenet", None, (224, 224), "shortest"),
        (OPEN, Preprocess("own"), None, None, "stretch"),
        (OPEN, Preprocess("own", size=(9, 9)), (9, 9), None, "stretch"),
        (SEGMENTS, None, (640, 640), None, "letterbox"),
        (PLAIN, None, None, None, "shortest"),
        (PLAIN.replace("32, 32", "32, W"), None, None, None, "shortest"),
    ],
    ids=["classifier", "unit", "imagenet", "own", "own size", "segmentation", "fixed", "one side fixed"],
)
def test_a_size_that_nobody_names(
    ask: Ask,
    text: str,
    preprocess: str | Preprocess | None,
    size: tuple[int, int] | None,
    crop: tuple[int, int] | None,
    resize: str,
) -> None:
    found = ask(text, preprocess=preprocess)
    assert (found.preprocess.size, found.preprocess.crop, found.preprocess.resize) == (size, crop, resize)
    is_assumed = any("takes pictures of any size" in note for note in found.picture_notes)
    assert is_assumed == (text in (OPEN, SEGMENTS) and not isinstance(preprocess, Preprocess))
