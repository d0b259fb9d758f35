"""What the documents of ONNX say of image metadata is what is found."""

from __future__ import annotations

import onnx
import pytest

from tests.tellers.conftest import Ask


@pytest.mark.parametrize(
    ("written", "order"),
    [("Rgb8", "rgb"), ("Bgr8", "bgr"), ("BGR8", "bgr"), ("Bgra8", "bgr"), ("Gray8", "gray"), ("Rgba8", "rgb")],
)
def test_pixel_format_is_the_channel_order_and_eight_bits(ask: Ask, written: str, order: str) -> None:
    found = ask(metadata={"image.bitmapPixelFormat": written})
    assert (found.preprocess.channel_order, found.preprocess.scale) == (order, 1.0)
    assert (found.origin, found.picture_notes) == ("told", ())
    assert "channel order from the file's image metadata" in found.source


@pytest.mark.parametrize(
    ("written", "black", "white"),
    [
        ("NominalRange_0_255", 0, 255),
        ("Normalized_0_1", 0, 1),
        ("Normalized_1_1", -1, 1),
        ("NominalRange_16_235", 16, 235),
        ("normalized_0_1", 0, 1),
    ],
)
def test_pixel_range_is_what_black_and_white_become(ask: Ask, written: str, black: float, white: float) -> None:
    spec = ask(metadata={"Image.NominalPixelRange": written, "Image.BitmapPixelFormat": "Rgb8"}).preprocess
    made = [(grey * spec.scale - spec.mean[0]) / spec.std[0] for grey in (0, 255)]
    assert made == pytest.approx([black, white], abs=1e-12)


def test_what_is_not_said_is_assumed_and_noted(ask: Ask) -> None:
    found = ask(metadata={"Image.NominalPixelRange": "NominalRange_0_255", "Image.ColorSpaceGamma": "Linear"})
    assert found.picture_notes == (
        "the file does not say in which order the channels are; RGB is assumed (--preprocess changes it)",
    )
    assert "framing assumed (stretch)" in found.source
    assert "linear light" in found.notes[0]


def test_unknown_values_say_nothing(ask: Ask) -> None:
    found = ask(metadata={"Image.BitmapPixelFormat": "Yuv8", "Image.NominalPixelRange": "?"})
    assert (found.origin, found.preprocess.name) == ("assumed", "imagenet")


@pytest.mark.parametrize(
    ("text", "order"),
    [("Image(s) in BGR format. It is a [N, C, H, W]-tensor.", "bgr"), ("To look at. Image(s) in gray scale.", "gray")],
    ids=["bgr", "gray"],
)
def test_a_description_tells_the_order(ask: Ask, text: str, order: str) -> None:
    found = ask(change=lambda proto: setattr(proto.graph.input[0], "doc_string", text))
    assert found.origin == "assumed"
    if order == "bgr":  # ImageNet's numbers stand in that order too
        assert (found.preprocess.channel_order, found.preprocess.mean) == ("bgr", (0.406, 0.456, 0.485))


def test_denotations_tell_the_layout(ask: Ask) -> None:
    def denote(proto: onnx.ModelProto) -> None:
        names = ("DATA_BATCH", "DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL")
        for dim, name in zip(proto.graph.input[0].type.tensor_type.shape.dim, names, strict=True):
            dim.denotation = name

    text = """g (float[N, 3, 3, 3] x) => (float[N, 7] y) {
        p = ReduceMean <axes = [1, 2], keepdims = 0> (x) y = MatMul(p, w) }"""
    assert ask(text).preprocess.layout is None
    assert ask(text, change=denote).preprocess.layout == "NHWC"
