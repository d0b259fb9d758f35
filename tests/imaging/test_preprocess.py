"""Settings are checked once, wherever they come from, and errors name the key."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from onnxcam.errors import InputError
from onnxcam.imaging import PRESETS, Preprocess, load_preprocess


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("imagenet", [-2.117904, -2.035714, -1.804444], [2.248908, 2.428571, 2.64]),
        ("tf", [-1] * 3, [1] * 3),
        ("caffe", [-103.939, -116.779, -123.68], [151.061, 138.221, 131.32]),
        ("unit", [0] * 3, [1] * 3),
        ("raw", [0] * 3, [255] * 3),
    ],
)
def test_presets_map_black_and_white(name: str, low: list[float], high: list[float]) -> None:
    spec = load_preprocess(name)
    for pixel, expected in ((0, low), (255, high)):
        means, stds = ((list(values) * 3)[:3] for values in (spec.mean, spec.std))
        found = [(pixel * spec.scale - mean) / std for mean, std in zip(means, stds, strict=True)]
        assert found == pytest.approx(expected, abs=1e-5)


def test_presets_are_named_as_they_are_found() -> None:
    assert list(PRESETS) == ["imagenet", "tf", "caffe", "unit", "raw"]
    assert all(PRESETS[name].name == name for name in PRESETS)


def test_file_gives_every_field(tmp_path: Path) -> None:
    settings = {
        "name": "mine",
        "size": [96, 80],
        "resize": "shortest",
        "crop": [64, 48],
        "crop_ratio": 0.9,
        "channel_order": "bgr",
        "scale": 0.0039,
        "mean": [0.5, 0.4, 0.3],
        "std": [2],
        "layout": "NHWC",
        "pad": 0,
        "interpolation": "bicubic",
        "rate": 16000,
        "window": 512,
        "fill": "repeat",
    }
    assert set(settings) == {field.name for field in dataclasses.fields(Preprocess)}
    (tmp_path / "a.json").write_text(json.dumps(settings))
    spec = load_preprocess(tmp_path / "a.json")
    assert json.loads(json.dumps(dataclasses.asdict(spec))) == settings


def test_all_keys_are_optional_and_the_name_is_the_files(tmp_path: Path) -> None:
    (tmp_path / "mnist.json").write_text("{}")
    assert load_preprocess(str(tmp_path / "mnist.json")) == Preprocess(name="mnist")
    assert Preprocess(name="unit") == PRESETS["unit"]


@pytest.mark.parametrize(
    ("text", "message", "key"),
    [
        pytest.param('{"sise": [1, 2]}', "unknown key 'sise'. Did you mean 'size'", "sise", id="near-key"),
        pytest.param('{"qqq": 1}', "unknown key 'qqq'. Known keys: name, size, resize", "qqq", id="far-key"),
        pytest.param('{"size": 96}', r"'size' is 96, expected \[height, width\]", "size", id="size-number"),
        pytest.param('{"size": [96, 0]}', r"'size' is \[96, 0\], expected", "size", id="size-zero"),
        pytest.param('{"crop": [96.0, 96]}', r"'crop' is \[96.0, 96\], expected", "crop", id="crop-float"),
        pytest.param('{"crop_ratio": 1.5}', "'crop_ratio' is 1.5, expected", "crop_ratio", id="ratio"),
        pytest.param('{"resize": "Stretch"}', '\'resize\' is "Stretch", expected "stretch" or', "resize", id="resize"),
        pytest.param('{"channel_order": null}', "'channel_order' is null, expected", "channel_order", id="order"),
        pytest.param('{"channel_order": ["rgb"]}', "'channel_order' is", "channel_order", id="order-list"),
        pytest.param('{"scale": true}', "'scale' is true, expected a number", "scale", id="scale-bool"),
        pytest.param('{"scale": "1/255"}', "'scale' is \"1/255\", expected a number", "scale", id="scale-text"),
        pytest.param('{"scale": 0}', "'scale' is 0, expected a number other than 0", "scale", id="scale-zero"),
        pytest.param('{"scale": 1e999}', "'scale' is Infinity", "scale", id="scale-infinite"),
        pytest.param('{"mean": 0.5}', "'mean' is 0.5, expected a list", "mean", id="mean-number"),
        pytest.param('{"mean": [0, 0]}', "'mean' is .* one number or three", "mean", id="mean-two"),
        pytest.param('{"std": [1, 1, 0]}', "'std' is .* none of them 0", "std", id="std-zero"),
        pytest.param(
            '{"layout": "CHW"}', '\'layout\' is "CHW", expected "NCHW" or "NHWC" or null', "layout", id="layout"
        ),
        pytest.param('{"pad": 256}', "'pad' is 256, expected a whole number", "pad", id="pad"),
        pytest.param('{"interpolation": "area"}', "'interpolation' is", "interpolation", id="interpolation"),
        pytest.param('{"name": ""}', "'name' is", "name", id="name"),
        pytest.param('{"pad": [0, 0]}', "'pad' is .* or a list of three", "pad", id="pad-two"),
        pytest.param('{"scale": 1%s}' % ("0" * 400), "'scale' is 1000", "scale", id="scale-huge"),
        pytest.param('{"resize": "fit"}', "'fit' needs a 'size'", "size", id="fit-size"),
        pytest.param('{"resize": "fit", "size": [9, 9], "crop": [9, 9]}', "allows no 'crop'", "size", id="fit-crop"),
        pytest.param('{"resize": "none", "size": [9, 9]}', "allows no 'size'", "size", id="none-size"),
        pytest.param('{"channel_order": "gray", "mean": [0, 0, 0]}', "'gray' takes one number", "mean", id="gray-mean"),
    ],
)
def test_wrong_settings_name_file_and_key(tmp_path: Path, text: str, message: str, key: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"preprocessing file '.*a\.json'.*{message}") as caught:
        load_preprocess(path)
    assert caught.value.key == key
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b'{"size": [96,\n 96}', r"is not JSON: .*, line 2, column 4", id="syntax"),
        pytest.param(b'{"pad": 1, "pad": 2}', "the key 'pad' occurs twice", id="duplicate"),
        pytest.param(b"[1]", "holds no JSON object", id="list"),
        pytest.param(b"\xff\xfe\x00", "is not JSON: 'utf-8' codec", id="binary"),
        pytest.param(b"[" * 100_000, "is not JSON", id="deep"),
    ],
)
def test_what_is_no_settings_file(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(InputError, match=rf"preprocessing file '.*a\.json'.*{message}"):
        load_preprocess(tmp_path / "a.json")


def test_unknown_names_and_folders(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no preprocessing preset or JSON file 'imagnet'\. Did you mean 'imagenet'\?"):
        load_preprocess("imagnet")
    with pytest.raises(InputError, match=r"'zzz\.json'\. Presets: imagenet, tf, caffe, unit, raw\."):
        load_preprocess("zzz.json")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        load_preprocess(tmp_path)
