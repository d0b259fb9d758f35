"""How a picture, sound or volume becomes numbers: the settings, the presets, and the JSON file that spells them out.

A JSON file holds one object with the fields of `Preprocess` as keys, all optional:

    {"size": [96, 96], "resize": "stretch", "channel_order": "rgb", "scale": 0.00392156862745098,
     "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "layout": "NCHW"}

Of these, sounds and volumes use scale, one mean and one std; and a scale of 1/255 stands for 1/32768 with a sound, for
what brings its smallest and largest voxel to 0 and 1 with a volume.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from onnxcam.errors import InputError, nearest

__all__ = ["PICTURE_SCALE", "PRESETS", "Interpolation", "Layout", "Preprocess", "load_preprocess"]

LARGEST = sys.float_info.max

Layout: TypeAlias = Literal["NCHW", "NHWC"]
Interpolation: TypeAlias = Literal["nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"]

PICTURE_SCALE = 1 / 255
"""Brings the pixels of a picture into [0, 1]; of a sound or a volume, it stands for what does the like."""


@dataclass(frozen=True, slots=True)
class Preprocess:
    """From a uint8 RGB picture to the model's input: resize, crop, channel order, then y = (x * scale - mean) / std.

    Attributes:
        name: what messages and reports call it.
        size: height and width to resize to, pixels; None is the model's own, else the picture's.
        resize: "stretch" ignores the aspect ratio; "shortest" covers `size` and cuts the overhang off, centred;
            "letterbox" fits the whole picture into `size` and pads; "fit" pads and cuts nothing: the shorter side
            becomes the lesser number of `size`, unless the longer side would exceed the greater; "none" resizes
            nothing.
        crop: height and width cut from the centre after resizing, where a letterbox pads what it lacks; None cuts what
            "shortest" leaves over, no more.
        crop_ratio: crop over resized picture, where `crop` or the model names the crop and `size` is not given.
        channel_order: order of the channels, and of `mean` and `std`. "gray" is one channel, Pillow's "L":
            (19595 R + 38470 G + 7471 B + 32768) >> 16, the luma of ITU-R BT.601.
        scale: factor on the pixels 0..255, before `mean`.
        mean: subtracted after scaling; one number for all channels or one a channel.
        std: divided by last; one number for all channels or one a channel.
        layout: None leaves it to the caller, who knows the model's input shape.
        pad: level 0..255 around a letterbox, before scaling; one for all channels or one a channel.
        interpolation: Pillow's filters. All average over the shrunk area (antialiased) but "nearest".
        rate: of a sound, samples a second to resample to, Hz; None keeps its own.
        window: of a sound for a model of any length, the samples that go through it at once; None is all.
        fill: what fills a sound up that is shorter than the model's input, or its last window: zeros, or itself again.

    Raises:
        InputError: a value is of the wrong type or range, or two contradict each other; `key` names the field.
    """

    name: str = "custom"
    size: tuple[int, int] | None = None
    resize: Literal["stretch", "shortest", "letterbox", "fit", "none"] = "stretch"
    crop: tuple[int, int] | None = None
    crop_ratio: float = 0.875
    channel_order: Literal["rgb", "bgr", "gray"] = "rgb"
    scale: float = PICTURE_SCALE
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    layout: Layout | None = None
    pad: int | tuple[int, ...] = 114
    interpolation: Interpolation = "bilinear"
    rate: int | None = None
    window: int | None = None
    fill: Literal["zeros", "repeat"] = "zeros"

    def __post_init__(self) -> None:
        for key, (is_valid, expected) in CHECKS.items():
            value = getattr(self, key)
            if not is_valid(value):
                raise InputError(f"'{key}' is {spelled(value)}, expected {expected}.", key=key, value=value)
        if self.resize == "fit" and (self.crop is not None or self.size is None):
            raise InputError("resize 'fit' needs a 'size' and allows no 'crop'.", key="size")
        if self.resize == "none" and self.size is not None:
            raise InputError("resize 'none' allows no 'size'. Use 'crop', or another 'resize'.", key="size")
        if self.channel_order == "gray" and self.is_per_channel:
            raise InputError("channel_order 'gray' takes one number as 'mean', as 'std' and as 'pad'.", key="mean")

    @property
    def is_per_channel(self) -> bool:
        """Whether some setting holds a number for each of three channels."""
        return any(isinstance(v, tuple) and len(v) > 1 for v in (self.mean, self.std, self.pad))


def is_number(value: object) -> bool:
    """A finite int or float, no larger than a float can be; a bool is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def is_size(value: object) -> bool:
    """None, or two whole numbers above 0."""
    return value is None or (isinstance(value, tuple) and len(value) == 2 and all(is_whole(v) and v > 0 for v in value))


def is_whole(value: object) -> bool:
    """An int; a bool is none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_channels(value: object) -> bool:
    """One finite number, or three."""
    return isinstance(value, tuple) and len(value) in (1, 3) and all(map(is_number, value))


def is_level(value: object) -> bool:
    """A whole number from 0 to 255, or three."""
    levels = value if isinstance(value, tuple) and len(value) == 3 else (value,)
    return all(isinstance(level, int) and not isinstance(level, bool) and 0 <= level <= 255 for level in levels)


def one_of(*names: str | None) -> tuple[Callable[[Any], bool], str]:
    """The check of a field that takes one of a few names."""
    return (lambda value: value in names), " or ".join(spelled(name) for name in names)


def spelled(value: object) -> str:
    """A value as JSON writes it, as far as JSON can."""
    return json.dumps(value, default=repr)


COUNT = (lambda value: value is None or (is_whole(value) and value > 0), "a whole number above 0, or null")
SIZE = (is_size, "[height, width] in whole pixels above 0, or null")
CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str) and value != "", "a string"),
    "size": SIZE,
    "resize": one_of("stretch", "shortest", "letterbox", "fit", "none"),
    "crop": SIZE,
    "crop_ratio": (lambda value: is_number(value) and 0 < value <= 1, "a number above 0, at most 1"),
    "channel_order": one_of("rgb", "bgr", "gray"),
    "scale": (lambda value: is_number(value) and value != 0, "a number other than 0"),
    "mean": (is_channels, "a list of one number or three"),
    "std": (lambda value: is_channels(value) and all(value), "a list of one number or three, none of them 0"),
    "layout": one_of("NCHW", "NHWC", None),
    "pad": (is_level, "a whole number from 0 to 255, or a list of three"),
    "interpolation": one_of(*get_args(Interpolation)),
    "rate": COUNT,
    "window": COUNT,
    "fill": one_of("zeros", "repeat"),
}

PRESETS: dict[str, Preprocess] = {
    preset.name: preset
    for preset in (
        Preprocess("imagenet", resize="shortest", mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)),
        Preprocess("tf", scale=1 / 127.5, mean=(1.0,)),
        Preprocess("caffe", channel_order="bgr", scale=1.0, mean=(103.939, 116.779, 123.68)),
        Preprocess("unit"),
        Preprocess("raw", scale=1.0),
    )
}
"""`imagenet` as in torchvision and timm, `tf` and `caffe` as in Keras, `unit` for [0, 1], `raw` for 0..255."""


def load_preprocess(source: str | Path) -> Preprocess:
    """The preset of that name, or else the settings in that JSON file; its name is the file's, unless it gives one.

    Raises:
        InputError: no such preset or file, not a JSON object, or a key or value that is unknown; `key` names the key.
    """
    if isinstance(source, str) and source in PRESETS:
        return PRESETS[source]
    path = Path(source)
    settings = read_settings(path)
    known = [field.name for field in dataclasses.fields(Preprocess)]
    for key in settings:
        if key not in known:
            hint = nearest(key, known) or f" Known keys: {', '.join(known)}."
            raise InputError(f"preprocessing file '{path}' has an unknown key '{key}'.{hint}", path=path, key=key)
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()
    }
    values.setdefault("name", path.stem)
    try:
        return Preprocess(**values)
    except InputError as error:
        raise InputError(f"preprocessing file '{path}': {error}", path=path, **error.facts) from error


def read_settings(path: Path) -> dict[str, Any]:
    """The JSON object in a file."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=without_duplicates)
    except FileNotFoundError as error:
        hint = nearest(str(path), PRESETS) or f" Presets: {', '.join(PRESETS)}."
        raise InputError(f"no preprocessing preset or JSON file '{path}'.{hint}", path=path) from error
    except OSError as error:
        raise InputError(f"preprocessing file '{path}' cannot be read: {error.strerror}.", path=path) from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InputError(
            f"preprocessing file '{path}' is not JSON: {error.msg}, {where}.", path=path, line=error.lineno
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"preprocessing file '{path}' is not JSON: {error}.", path=path) from error
    if not isinstance(settings, dict):
        raise InputError(f"preprocessing file '{path}' holds no JSON object, expected keys and values.", path=path)
    return settings


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of `pairs`, each key once."""
    keys = [key for key, _ in pairs]
    twice = next((key for key in keys if keys.count(key) > 1), None)
    if twice is not None:
        raise ValueError(f"the key '{twice}' occurs twice")
    return dict(pairs)
