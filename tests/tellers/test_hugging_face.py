"""What transformers' image processors make of a picture, recorded from version 4.57, is what their files give here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onnxcam.graph import load
from onnxcam.imaging import Preprocess, to_tensor
from onnxcam.tellers import prepare
from tests.conftest import Write
from tests.tellers.conftest import PLAIN, Ask

FILE = "preprocessor_config.json"
OPEN = PLAIN.replace("3, 32, 32", "C, H, W")
HALF = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
IMAGENET = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
CLIP = {
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
    "image_processor_type": "CLIPImageProcessor",
    "resample": 3,
}
ALL = {"do_resize": True, "do_rescale": True, "do_normalize": True, "rescale_factor": 0.00392156862745098}
VIT = {"image_processor_type": "ViTImageProcessor", "size": {"height": 40, "width": 40}, "resample": 2} | HALF
CONVNEXT = {"image_processor_type": "ConvNextImageProcessor", "crop_pct": 0.875, "resample": 2} | HALF
CROP = {"do_center_crop": True, "crop_size": {"height": 56, "width": 56}}
EFFICIENTNET = HALF | {
    "image_processor_type": "EfficientNetImageProcessor",
    "size": {"height": 56, "width": 56},
    "do_center_crop": False,
    "crop_size": {"height": 289, "width": 289},
}

# Configuration; height and width; a pixel of each third of a channel each, and the mean.
RECORDED = [
    pytest.param(
        VIT | {"resample": 0, "size": {"height": 40, "width": 30}},
        (40, 30),
        [-0.6078, -0.851, -0.2235, -0.0078],
        id="nearest",
    ),
    pytest.param(VIT | {"resample": 1}, (40, 40), [-0.4275, -0.7725, -0.4039, -0.0036], id="lanczos"),
    pytest.param(VIT | {"resample": 4}, (40, 40), [-0.4353, -0.8588, -0.4275, 0.0012], id="box"),
    pytest.param(VIT | {"resample": 5}, (40, 40), [-0.4275, -0.7804, -0.3961, -0.0032], id="hamming"),
    pytest.param(
        VIT | {"do_rescale": False, "image_mean": [123.0, 117.0, 104.0], "image_std": [1.0, 1.0, 1.0]},
        (40, 40),
        [-50.0, -76.0, -26.0, 12.3802],
        id="no-rescale",
    ),
    pytest.param(VIT | {"do_normalize": False}, (40, 40), [0.2863, 0.1608, 0.3059, 0.4982], id="no-normalize"),
    pytest.param(
        CONVNEXT | {"size": {"shortest_edge": 56}}, (56, 56), [0.4667, 0.4275, -0.3255, 0.0003], id="convnext"
    ),
    pytest.param(
        CONVNEXT | {"size": {"shortest_edge": 384}},
        (384, 384),
        [-0.9922, -0.7569, -0.6235, -0.0036],
        id="convnext-large",
    ),
    pytest.param(
        IMAGENET | CROP | {"size": {"shortest_edge": 54}, "crop_pct": 0.9, "resample": 3},
        (56, 56),
        [0.5022, -0.285, -0.2707, 0.2244],
        id="poolformer",
    ),
    pytest.param(
        IMAGENET | CROP | {"size": {"shortest_edge": 56}, "resample": 3, "image_processor_type": "LevitImageProcessor"},
        (56, 56),
        [1.0844, 1.2731, -0.323, 0.2274],
        id="levit",
    ),
    pytest.param(
        HALF | CROP | {"size": {"height": 64, "width": 64}, "resample": 3},
        (56, 56),
        [-0.098, 0.4118, -0.4588, -0.0034],
        id="beit",
    ),
    pytest.param(
        EFFICIENTNET | {"resample": 0, "include_top": True},
        (56, 56),
        [-0.4941, -1.1059, -0.6353, -0.0072],
        id="efficientnet",
    ),
    pytest.param(
        EFFICIENTNET
        | {"resample": 2, "include_top": False, "rescale_offset": True, "rescale_factor": 0.00784313725490196},
        (56, 56),
        [-1.9176, -1.0549, -1.9961, -1.0073],
        id="efficientnet-offset",
    ),
    pytest.param(
        {
            "size": {"shortest_edge": 72},
            "crop_size": {"height": 64, "width": 64},
            "do_center_crop": True,
            "do_flip_channel_order": True,
            "image_processor_type": "MobileViTImageProcessor",
        },
        (64, 64),
        [0.2353, 0.6824, 0.2, 0.5001],
        id="mobilevit",
    ),
    pytest.param(CLIP | CROP | {"size": {"shortest_edge": 56}}, (56, 56), [0.1347, 0.1989, -0.1435, 0.1825], id="clip"),
    pytest.param(
        CLIP | {"size": 56, "crop_size": 56, "image_processor_type": None, "feature_extractor_type": "CLIPFeature"},
        (56, 56),
        [0.1347, 0.1989, -0.1435, 0.1825],
        id="clip-old",
    ),
    pytest.param(
        CLIP | {"size": {"shortest_edge": 56}, "do_center_crop": False, "crop_size": {"height": 224, "width": 224}},
        (56, 93),
        [-1.0623, 1.3095, -0.4706, 0.1811],
        id="shortest-edge",
    ),
]


def picture() -> np.ndarray:
    y, x, c = np.mgrid[:90, :150, :3]
    return ((x * 3 + y * 5 + c * 40 + (x * y) % 17 * 4) % 256).astype(np.uint8)


@pytest.mark.parametrize(("config", "size", "expected"), RECORDED)
def test_pictures_become_what_the_processor_makes(
    ask: Ask, config: dict[str, Any], size: tuple[int, int], expected: list[float]
) -> None:
    found = ask(OPEN, files={FILE: ALL | config})
    tensor, _ = to_tensor(picture(), found.preprocess)
    assert tensor.shape == (3, *size)
    places = ((0, 0, 0), (1, 1, 2), (2, 2, 1))
    pixels = [tensor[c, i * size[0] // 3 + 2, j * size[1] // 3 + 1] for c, i, j in places]
    assert [*pixels, tensor.mean()] == pytest.approx(expected, abs=6e-5)
    assert (found.origin, found.notes, found.picture_notes) == ("told", (), ())
    assert found.source == f"values, channel order and framing from {FILE} beside the model"


@pytest.mark.parametrize(
    ("original", "expected"),
    [((480, 640), (800, 1066)), ((300, 451), (800, 1202)), ((100, 500), (267, 1333)), ((640, 480), (1066, 800))],
    ids=str,
)
def test_shortest_and_longest_edge_bound_a_picture(
    ask: Ask, original: tuple[int, int], expected: tuple[int, int]
) -> None:
    """Expected: transformers' `get_size_with_aspect_ratio`."""
    spec = ask(OPEN, files={FILE: ALL | IMAGENET | {"size": {"shortest_edge": 800, "longest_edge": 1333}}}).preprocess
    tensor, _ = to_tensor(np.zeros((*original, 3), np.uint8), spec)
    assert tensor.shape[1:] == expected


def test_a_model_of_a_fixed_size_gets_it(ask: Ask) -> None:
    detr = ask(files={FILE: ALL | IMAGENET | {"size": {"shortest_edge": 800, "longest_edge": 1333}}})
    assert (detr.preprocess.resize, detr.preprocess.size) == ("stretch", None)
    assert "a size that depends on the picture: the model's size is taken" in detr.picture_notes[0]
    clip = ask(files={FILE: ALL | CLIP | {"size": {"shortest_edge": 64}, "crop_size": {"height": 56, "width": 56}}})
    assert (clip.preprocess.resize, clip.preprocess.crop, clip.preprocess.crop_ratio) == ("shortest", None, 0.875)
    assert to_tensor(picture(), clip.preprocess, height=32, width=32)[0].shape == (3, 32, 32)


def test_audio_configurations_say_nothing(ask: Ask) -> None:
    assert ask(files={FILE: {"sampling_rate": 16000, "feature_size": 1, "do_normalise": True}}).origin == "assumed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": "large"}, "'size' is 'large'"),
        ({"size": {"longest_edge": 1024}}, "'shortest_edge' is None"),
        ({"crop_size": {"height": 64, "width": 64}}, "'crop_size' is 64 x 64, larger than the resized picture"),
        ({"image_mean": ["a"]}, "'image_mean' is 'a'"),
        ({"image_std": [0, 0, 0]}, "'std' is"),
        ({"rescale_factor": 1e300}, "'rescale_factor' is 1e+300"),
    ],
    ids=["size", "longest", "crop", "mean", "std", "scale"],
)
def test_what_cannot_be_used_gives_a_note(ask: Ask, change: dict[str, Any], said: str) -> None:
    (note,) = ask(OPEN, files={FILE: ALL | VIT | change}).notes
    assert said in note


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from(
    [*ALL, *EFFICIENTNET, *CLIP, "crop_pct", "max_size", "id2label", "architecture", "pretrained_cfg", "input_size"]
)


@given(st.dictionaries(KEYS, JSON | st.fixed_dictionaries({"height": JSON, "width": JSON}), max_size=8))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_told_or_noted(write_model: Write, tmp_path: Path, config: dict[str, Any]) -> None:
    path = write_model(OPEN, w=np.ones((3, 7), np.float32))
    for name in (FILE, "config.json"):
        (tmp_path / name).write_text(json.dumps(config))
    assert isinstance(prepare(load(path), "x", "NCHW", "y").preprocess, Preprocess)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({str(i): f"class {i}" for i in range(7)}, tuple(f"class {i}" for i in range(7))),
        ({str(i): f"LABEL_{i}" for i in range(7)}, None),
        ({str(i + 1): f"class {i}" for i in range(7)}, None),
        (["a"] * 7, None),
        ({"9" * 5000: "a"}, None),
    ],
    ids=["names", "placeholders", "from one", "list", "long key"],
)
def test_class_names(ask: Ask, names: Any, expected: tuple[str, ...] | None) -> None:
    found = ask(files={"config.json": {"model_type": "vit", "id2label": names}})
    assert found.labels == expected
    assert found.labels_source == ("config.json beside the model" if expected else None)
