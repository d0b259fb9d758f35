"""The page's numbers are onnxcam's: what goes into the model, and what is laid over the picture."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import PIL
import pytest
from numpy.typing import NDArray

from onnxcam.exporting.web.config import config_text
from onnxcam.imaging import PRESETS, Interpolation, Preprocess, overlay, to_tensor
from tests.browser.chromium import opened
from tests.browser.serving import served
from tests.exporting.web.stand_in import config_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SIZES = [(96, 96), (300, 451), (90, 61), (37, 224), (1, 5), (500, 333)]
INTERPOLATIONS: list[Interpolation] = ["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]
SPECS = {
    "stretch": PRESETS["unit"],
    "stretch to a size, then crop": Preprocess(size=(128, 120), crop=(96, 96)),
    "shortest": PRESETS["imagenet"],
    "shortest to a size": Preprocess(resize="shortest", size=(110, 100), crop=(96, 96)),
    "letterbox": Preprocess(resize="letterbox", pad=(1, 2, 3)),
    "letterbox, cropped": Preprocess(resize="letterbox", size=(120, 110), crop=(96, 96)),
    "caffe": PRESETS["caffe"],
    "tf, gray": dataclasses.replace(PRESETS["tf"], channel_order="gray"),
}

# Arrays come and go as base64 of their bytes, which is fast.
BYTES = """
    const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const textOf = ({ buffer }) => new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1]);
        reader.readAsDataURL(new Blob([buffer]));
    });
    const { toTensor } = await import("/tensor.js");
    const { values, shape, geometry } = toTensor({ ...picture, pixels: bytesOf(picture.pixels) }, config);
"""
TENSOR = f"async ({{ picture, config }}) => {{{BYTES} return {{ values: await textOf(values), shape, geometry }}; }}"
HEAT = f"""async ({{ picture, config, map }}) => {{{BYTES}
    const {{ heat }} = await import("/overlay.js");
    return textOf(heat(new Float32Array(bytesOf(map).buffer), geometry, config.colours));
}}"""
IS_KNOWN = PIL.__version__.startswith("13.")
"""Whether the order in which this Pillow resizes the two sides is the page's."""


@pytest.fixture(scope="module")
def scripts() -> Iterator[Page]:
    """The page's scripts, on a page that does not use them (and has no icon: 404)."""
    folder = Path(__file__).parents[3] / "onnxcam" / "exporting" / "web" / "page"
    with served(folder) as url, opened(f"{url}style.css", origin=url, allowed=("404",)) as page:
        yield page


def picture_of(height: int, width: int) -> NDArray[np.uint8]:
    """Noise over waves: fine detail, and edges that overshoot."""
    generator = np.random.default_rng(height * 1000 + width)
    rows, columns = np.mgrid[:height, :width]
    waves = 128 + 90 * np.sign(np.sin(columns / 9)) + 40 * np.cos(rows / 11)
    return np.clip(waves[..., None] + generator.normal(0, 40, (height, width, 3)), 0, 255).astype(np.uint8)


def given(image: NDArray[np.uint8], **changes: Any) -> dict[str, Any]:
    """A picture and the page's configuration, as the scripts take them."""
    pixels = np.concatenate([image, np.full((*image.shape[:2], 1), 255, np.uint8)], axis=2)
    picture = {"height": image.shape[0], "width": image.shape[1], "pixels": text_of(pixels)}
    return {"picture": picture, "config": json.loads(config_text(config_of(**changes), {}))}


def text_of(array: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def check_tensor(scripts: Page, image: NDArray[np.uint8], **changes: Any) -> None:
    config = config_of(**changes)
    found = scripts.evaluate(TENSOR, given(image, **changes))
    spec = dataclasses.replace(config.preprocess, layout=None)
    size = {"height": config.height, "width": config.width, "channels": config.channels}
    expected, geometry = to_tensor(image, spec, **size, layout=config.layout)
    assert found["shape"] == [1, *expected.shape]
    for name in ("box", "placement"):
        assert found["geometry"][name] == getattr(geometry, name)._asdict()
    values = np.frombuffer(base64.b64decode(found["values"]), np.float32).reshape(expected.shape)
    is_one_pass = config.height == image.shape[0] or config.width == image.shape[1]
    level = 0 if IS_KNOWN or is_one_pass else spec.scale / min(np.abs(spec.std)) * 1.01
    np.testing.assert_allclose(values, expected, rtol=0, atol=level)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", SPECS)
def test_the_tensor_is_onnxcams(scripts: Page, name: str, size: tuple[int, int]) -> None:
    spec = SPECS[name]
    check_tensor(scripts, picture_of(*size), preprocess=spec, channels=1 if spec.channel_order == "gray" else 3)


@pytest.mark.parametrize("target", [(96, 96), (40, 190), (7, 500), (300, 451)], ids=str)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_every_filter_is_pillows(scripts: Page, interpolation: Interpolation, target: tuple[int, int]) -> None:
    spec = Preprocess(interpolation=interpolation)
    for size in ((300, 451), (50, 33)):
        check_tensor(scripts, picture_of(*size), preprocess=spec, height=target[0], width=target[1])


@pytest.mark.parametrize(
    ("height", "width", "spec"),
    [
        (None, None, Preprocess(resize="none")),
        (None, None, Preprocess(resize="none", crop=(40, 50))),
        (None, None, Preprocess(resize="fit", size=(80, 133))),
        (64, None, PRESETS["unit"]),
        (None, 64, PRESETS["unit"]),
        (None, None, PRESETS["imagenet"]),
        (None, None, Preprocess(resize="letterbox", size=(64, 32))),
    ],
    ids=["none", "none and crop", "fit", "height", "width", "any", "letterbox"],
)
def test_a_model_of_any_size_gets_what_onnxcam_gives_it(
    scripts: Page, height: int | None, width: int | None, spec: Preprocess
) -> None:
    for size in ((150, 101), (75, 150), (60, 61)):
        check_tensor(scripts, picture_of(*size), preprocess=spec, height=height, width=width)


def test_channels_may_stand_last(scripts: Page) -> None:
    check_tensor(scripts, picture_of(60, 80), preprocess=PRESETS["imagenet"], layout="NHWC", height=32, width=32)


@pytest.mark.parametrize("size", [(96, 96), (300, 451), (61, 90), (1, 5)], ids=str)
@pytest.mark.parametrize("name", ["stretch", "shortest", "letterbox", "letterbox, cropped"])
def test_the_map_is_laid_where_onnxcam_lays_it(scripts: Page, name: str, size: tuple[int, int]) -> None:
    image, spec = picture_of(*size), SPECS[name]
    saliency = np.random.default_rng(1).random((96, 96), np.float32)
    _, geometry = to_tensor(image, spec, height=96, width=96)
    found = scripts.evaluate(HEAT, given(image, preprocess=spec) | {"map": text_of(saliency)})
    rgba = np.frombuffer(base64.b64decode(found), np.uint8).reshape(*size, 4)
    expected = overlay(image, geometry.to_original(saliency), alpha=1, seen=geometry.seen)
    inside = rgba[..., 3] == 255
    assert set(np.unique(rgba[..., 3])) <= {0, 255}
    # a level that lies between two by rounding takes the colour of one or the other
    assert (np.abs(rgba[inside][:, :3].astype(int) - expected[inside]) > 4).sum() == 0
    assert (rgba[inside][:, :3] != expected[inside]).mean() < 1e-3
    outside = np.ones(size, bool)
    outside[geometry.seen.slices] = False
    np.testing.assert_array_equal(inside, ~outside)


@pytest.mark.parametrize(
    ("changes", "size", "told"),
    [
        (
            {"preprocess": Preprocess(resize="none", crop=(40, 50)), "height": None, "width": None},
            (30, 30),
            "too small",
        ),
        ({"preprocess": Preprocess(resize="none")}, (30, 30), "the model takes 96 x 96"),
        ({"preprocess": PRESETS["imagenet"], "height": 800, "width": 800}, (1, 900), "too long and thin"),
    ],
    ids=["crop", "size", "strip"],
)
def test_a_picture_that_does_not_fit_is_refused_in_words(
    scripts: Page, changes: dict[str, Any], size: tuple[int, int], told: str
) -> None:
    with pytest.raises(Exception, match=told):
        scripts.evaluate(TENSOR, given(np.zeros((*size, 3), np.uint8), **changes))


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((5, 5), "at the upper left"),
        ((50, 50), "in the middle"),
        ((48, 90), "at the right"),
        ((90, 40), "at the bottom"),
    ],
    ids=str,
)
def test_where_a_map_is_strongest_is_told(scripts: Page, place: tuple[int, int], words: str) -> None:
    saliency = np.zeros((96, 96), np.float32)
    script = "async ([map, size]) => (await import('/overlay.js')).strongest(map, size)"
    assert scripts.evaluate(script, [saliency.ravel().tolist(), [96, 96]]) is None
    saliency[place] = 0.5
    assert scripts.evaluate(script, [saliency.ravel().tolist(), [96, 96]]) == words


HALVES = """async (values) => {
    const { asFloats, asType } = await import("/elements.js");
    const bits = asType(Float32Array.from(values), "float16");
    return [Array.from(bits), Array.from(asFloats(bits, "float16"))];
}"""


def test_halves_are_numpys(scripts: Page) -> None:
    rng = np.random.default_rng(0)
    spread = rng.normal(size=2000) * 10.0 ** rng.integers(-9, 6, 2000)
    values = np.float32([1, -1, 65504, 65519.9, 65520, 1e9, 2**-24, 2**-25, 2**-14, 1 + 2**-11, *spread])
    with np.errstate(over="ignore", under="ignore"):
        expected = values.astype(np.float16)
    bits, back = scripts.evaluate(HALVES, values.tolist())
    np.testing.assert_array_equal(np.uint16(bits), expected.view(np.uint16))
    np.testing.assert_array_equal(np.float32(back), expected.astype(np.float32))
