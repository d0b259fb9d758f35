"""The model gets the numbers that Pillow's pipelines give it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onnxcam.errors import InputError
from onnxcam.imaging import PRESETS, Layout, Preprocess, to_tensor


def picture(height: int, width: int) -> NDArray[np.uint8]:
    """Noise over a coarse pattern, RGB: fine detail that an aliased resize would fold down."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    pattern = 128 + 60 * np.sin(columns / 7) + 40 * np.cos(rows / 11)
    return np.clip(pattern[..., None] + generator.normal(0, 40, (height, width, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("original", [(300, 451), (640, 480), (256, 256), (600, 300), (100, 90)], ids=str)
def test_imagenet_is_resize_and_crop_as_torchvision_does_it(original: tuple[int, int]) -> None:
    image = picture(*original)
    height, width = original
    size = (256, 256 * width // height) if height <= width else (256 * height // width, 256)
    whole = Image.fromarray(image).resize((size[1], size[0]), Image.Resampling.BILINEAR)
    top, left = round((size[0] - 224) / 2), round((size[1] - 224) / 2)
    cut = np.asarray(whole)[top : top + 224, left : left + 224] / 255
    expected = ((cut - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]).transpose(2, 0, 1)
    tensor, _ = to_tensor(image, PRESETS["imagenet"], height=224, width=224)
    np.testing.assert_allclose(tensor, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("size", [(64, 64), (33, 90), (224, 224)], ids=str)
@pytest.mark.parametrize("resize", ["stretch", "shortest", "letterbox"])
def test_shrinking_is_antialiased(resize: str, size: tuple[int, int]) -> None:
    """As Pillow's bilinear, and near the mean over each output pixel's area, where point sampling is not."""
    image = picture(900, 1300)
    spec = dataclasses.replace(PRESETS["unit"], resize=resize)
    tensor, geometry = to_tensor(image, spec, height=size[0], width=size[1])
    box, placement = geometry.box, geometry.placement
    inner = (int(placement.width), int(placement.height))
    expected = np.asarray(Image.fromarray(image).resize(inner, Image.Resampling.BILINEAR, box), np.float32) / 255
    found = tensor.transpose(1, 2, 0)[placement.slices]
    assert np.abs(found - expected).mean() <= 2 / 255
    area = np.asarray(Image.fromarray(image).resize(inner, Image.Resampling.BOX, box), np.float32) / 255
    sampled = np.asarray(Image.fromarray(image).resize(inner, Image.Resampling.NEAREST, box), np.float32) / 255
    assert np.abs(found - area).mean() < np.abs(sampled - area).mean() / 3


def test_values_and_order_by_hand() -> None:
    image = np.full((4, 6, 3), [10, 20, 30], np.uint8)
    tensor, _ = to_tensor(image, PRESETS["caffe"])
    np.testing.assert_allclose(tensor[:, 0, 0], [30 - 103.939, 20 - 116.779, 10 - 123.68], rtol=1e-6)
    tensor, _ = to_tensor(image, Preprocess(scale=0.1, mean=(1, 0, 3), std=(1, 2, 4)))
    np.testing.assert_allclose(tensor[:, 3, 5], [0, 1, 0], atol=1e-6)
    tensor, _ = to_tensor(image, PRESETS["tf"])
    np.testing.assert_allclose(tensor[:, 0, 0], np.array([10, 20, 30]) / 127.5 - 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("own", "asked", "is_channels_last"),
    [(None, None, False), (None, "NHWC", True), ("NHWC", None, True), ("NHWC", "NHWC", True), ("NCHW", "NCHW", False)],
    ids=str,
)
def test_layout(own: Layout | None, asked: Layout | None, is_channels_last: bool) -> None:
    image = picture(4, 6)
    tensor, _ = to_tensor(image, Preprocess(scale=1, layout=own), layout=asked)
    np.testing.assert_array_equal(tensor, image if is_channels_last else image.transpose(2, 0, 1))
    assert tensor.dtype == np.float32
    assert tensor.flags.c_contiguous


@pytest.mark.parametrize(("order", "channels"), [("gray", None), ("gray", 1), ("rgb", 1), ("bgr", 1)], ids=str)
def test_one_channel_is_the_luma(order: str, channels: int | None) -> None:
    image = picture(5, 7)
    tensor, _ = to_tensor(image, Preprocess(channel_order=order, scale=1), channels=channels)
    weights = np.array([19595, 38470, 7471], np.uint32)
    np.testing.assert_array_equal(tensor, ((image @ weights + 32768) >> 16)[None])


def test_letterbox_pads_with_its_grey_level_before_scaling() -> None:
    image = np.full((10, 20, 3), 200, np.uint8)
    tensor, geometry = to_tensor(image, Preprocess(resize="letterbox", pad=51), height=20, width=20)
    assert geometry.placement == (0, 5, 20, 15)
    expected = np.full((3, 20, 20), 51 / 255)
    expected[:, 5:15] = 200 / 255
    np.testing.assert_allclose(tensor, expected, atol=1e-6)


def test_crop_takes_the_middle() -> None:
    image = picture(9, 12)
    tensor, _ = to_tensor(image, Preprocess(resize="none", crop=(4, 6), scale=1, layout="NHWC"))
    np.testing.assert_array_equal(tensor, image[2:6, 3:9])  # a margin of 2.5 rows rounds to 2


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
def test_interpolation_is_pillows(interpolation: str) -> None:
    image = picture(40, 60)
    spec = Preprocess(size=(13, 17), interpolation=interpolation, scale=1, layout="NHWC")
    expected = Image.fromarray(image).resize((17, 13), Image.Resampling[interpolation.upper()])
    np.testing.assert_array_equal(to_tensor(image, spec)[0], np.asarray(expected))


@pytest.mark.parametrize(
    ("spec", "arguments", "message"),
    [
        pytest.param(
            PRESETS["unit"], {"channels": 4}, "the model takes 4 channels, preprocessing 'unit' makes 3", id="4"
        ),
        pytest.param(
            Preprocess(channel_order="gray"),
            {"channels": 3},
            "takes 3 channels, preprocessing 'custom' makes 1",
            id="gray",
        ),
        pytest.param(
            PRESETS["imagenet"],
            {"channels": 1},
            "takes 1 channel, preprocessing 'imagenet' has a mean, std or pad",
            id="means",
        ),
        pytest.param(
            Preprocess(layout="NHWC"), {"layout": "NCHW"}, "'custom' writes NHWC, the model takes NCHW", id="layout"
        ),
        pytest.param(Preprocess(size=(9, 9)), {"height": 8}, "picture 9 x 9, the model takes 8 x any", id="size"),
    ],
)
def test_contradictions_are_errors(spec: Preprocess, arguments: dict[str, int | str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_tensor(picture(20, 30), spec, **arguments)
