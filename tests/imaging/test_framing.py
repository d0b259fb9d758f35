"""Sizes and crops are whole numbers that can be worked out by hand."""

from __future__ import annotations

import pytest

from onnxcam.errors import InputError
from onnxcam.imaging import PRESETS, Box, Preprocess, frame

IMAGENET = PRESETS["imagenet"]
LETTERBOX = Preprocess(resize="letterbox")


@pytest.mark.parametrize(
    ("spec", "original", "model", "size", "box", "placement"),
    [
        # 512 x 1024 -> 256 x 512, of which 224 x 224 begin at row 16, column 144: two pixels of the original to one
        pytest.param(
            IMAGENET, (512, 1024), (224, 224), (224, 224), (288, 32, 736, 480), (0, 0, 224, 224), id="imagenet-wide"
        ),
        pytest.param(
            IMAGENET, (1024, 512), (224, 224), (224, 224), (32, 288, 480, 736), (0, 0, 224, 224), id="imagenet-tall"
        ),
        pytest.param(IMAGENET, (40, 30), (None, None), (40, 30), (0, 0, 30, 40), (0, 0, 30, 40), id="imagenet-open"),
        pytest.param(
            Preprocess(resize="shortest", size=(100, 100)),
            (200, 400),
            (80, 80),
            (80, 80),
            (120, 20, 280, 180),
            (0, 0, 80, 80),
            id="size-is-resized-to-and-the-model-crops",
        ),
        pytest.param(
            Preprocess(resize="shortest", size=(100, 100)),
            (200, 400),
            (None, None),
            (100, 100),
            (100, 0, 300, 200),
            (0, 0, 100, 100),
            id="size-without-crop-or-model",
        ),
        pytest.param(
            Preprocess(resize="shortest", crop=(30, 60), crop_ratio=0.5),
            (120, 120),
            (None, None),
            (30, 60),
            (30, 45, 90, 75),
            (0, 0, 60, 30),
            id="crop-not-square",
        ),
        pytest.param(PRESETS["tf"], (300, 451), (96, 128), (96, 128), (0, 0, 451, 300), (0, 0, 128, 96), id="stretch"),
        pytest.param(
            PRESETS["unit"], (300, 450), (None, 150), (100, 150), (0, 0, 450, 300), (0, 0, 150, 100), id="open-height"
        ),
        pytest.param(
            PRESETS["unit"], (300, 450), (100, None), (100, 150), (0, 0, 450, 300), (0, 0, 150, 100), id="open-width"
        ),
        pytest.param(
            Preprocess(size=(40, 40), crop=(20, 20)),
            (80, 160),
            (20, 20),
            (20, 20),
            (40, 20, 120, 60),
            (0, 0, 20, 20),
            id="stretch-then-crop",
        ),
        pytest.param(
            Preprocess(resize="none", crop=(20, 30)),
            (80, 160),
            (20, 30),
            (20, 30),
            (65, 30, 95, 50),
            (0, 0, 30, 20),
            id="crop-only",
        ),
        pytest.param(LETTERBOX, (100, 200), (64, 64), (64, 64), (0, 0, 200, 100), (0, 16, 64, 48), id="letterbox-wide"),
        # an inner height of 32 in 65 leaves 33 rows: 16 above, 17 below
        pytest.param(
            LETTERBOX, (100, 200), (65, 64), (65, 64), (0, 0, 200, 100), (0, 16, 64, 48), id="letterbox-odd-margin"
        ),
        pytest.param(
            LETTERBOX, (20, 10), (64, 64), (64, 64), (0, 0, 10, 20), (16, 0, 48, 64), id="letterbox-upscaling"
        ),
        pytest.param(LETTERBOX, (1, 500), (64, 64), (64, 64), (0, 0, 500, 1), (0, 31, 64, 32), id="letterbox-strip"),
    ],
)
def test_by_hand(
    spec: Preprocess,
    original: tuple[int, int],
    model: tuple[int | None, int | None],
    size: tuple[int, int],
    box: tuple[float, float, float, float],
    placement: tuple[int, int, int, int],
) -> None:
    geometry = frame(spec, original, model)
    assert geometry.original == original
    assert geometry.input == size
    assert geometry.box == pytest.approx(box)
    assert geometry.placement == Box(*placement)


@pytest.mark.parametrize(
    ("spec", "original", "model", "message"),
    [
        pytest.param(
            Preprocess("mine", size=(96, 96)),
            (300, 400),
            (224, None),
            r"'mine' makes a 300 x 400 picture 96 x 96, the model takes 224 x any",
            id="size-is-not-the-models",
        ),
        pytest.param(Preprocess(resize="none"), (300, 400), (224, 224), "picture 300 x 400, the model", id="no-resize"),
        pytest.param(
            Preprocess(resize="none", crop=(50, 10)),
            (40, 400),
            (None, None),
            "cuts 50 x 10 out of a picture of 40 x 400",
            id="crop-too-large",
        ),
        pytest.param(
            Preprocess(resize="shortest", size=(96, 96)),
            (40, 400),
            (224, 224),
            "cuts 224 x 224 out of a picture of 96 x 960",
            id="model-too-large",
        ),
        pytest.param(IMAGENET, (1, 60000), (224, 224), "enlarges a picture of 1 x 60000 to 256 x 15360000", id="strip"),
    ],
)
def test_contradictions_are_errors(
    spec: Preprocess, original: tuple[int, int], model: tuple[int | None, int | None], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        frame(spec, original, model)
