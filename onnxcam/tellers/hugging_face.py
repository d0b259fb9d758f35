"""The configuration that Hugging Face's libraries put beside a model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from onnxcam.errors import InputError
from onnxcam.imaging import Interpolation
from onnxcam.tellers.registry import Place, Subject, Told, teller

__all__ = ["model_config", "preprocessor_config"]

FILE = "preprocessor_config.json"
OF_PICTURES = frozenset({"crop_size", "do_center_crop", "do_normalize", "do_resize", "image_mean", "image_std"})

RESAMPLING: dict[int, Interpolation] = {
    0: "nearest",
    1: "lanczos",
    2: "bilinear",
    3: "bicubic",
    4: "box",
    5: "hamming",
}
"""Pillow's codes."""

BY_SHORTEST = (
    "Bit",
    "CLIP",
    "ConvNext",
    "Detr",
    "Levit",
    "MobileNet",
    "MobileViT",
    "PoolFormer",
    "Yolos",
)
"""Processors to which one number as `size` means the shorter side; to the others it means both."""

WARPED_FROM = 384
"""From this size on ConvNeXt's processor stretches instead of cutting."""
LEVIT_RATIO = 256 / 224
UNLIMITED = 2**16
PLACEHOLDER = re.compile(r"LABEL_\d+")


@teller(Place.BESIDE)
def preprocessor_config(subject: Subject) -> Told | None:
    """`preprocessor_config.json`, as the image processors of transformers write and read it.

    Source: transformers 4.57, `models/*/image_processing_*.py`.
    """
    found = subject.neighbours.json(FILE)
    if found is None or not OF_PICTURES & found.keys():
        return None
    source, notes = f"{FILE} beside the model", []
    settings: dict[str, Any] = {}
    for part in (_values, _framing):
        try:
            settings |= part(found)
        except InputError as error:
            notes.append(f"'{FILE}' beside the model is not used in full: {str(error).rstrip('.')}")
    return Told(source, settings, notes=tuple(notes))


@teller(Place.BESIDE)
def model_config(subject: Subject) -> Told | None:
    """The names of the classes in `config.json`, under `id2label`; placeholders are none."""
    found = (subject.neighbours.json("config.json") or {}).get("id2label")
    if not isinstance(found, Mapping) or not found:
        return None
    names = {int(k): str(v) for k, v in found.items() if str(k).isdecimal() and len(str(k)) < 8}
    if set(names) != set(range(len(found))) or all(PLACEHOLDER.fullmatch(name) for name in names.values()):
        return None
    return Told("config.json beside the model", labels=tuple(names[i] for i in range(len(names))))


def _values(found: Mapping[str, Any]) -> dict[str, Any]:
    """Scale, mean, standard deviation and channel order."""
    scale = _number(found, "rescale_factor", 1 / 255) if found.get("do_rescale", True) else 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    if found.get("do_normalize", True):
        mean, std = _channels(found, "image_mean", mean), _channels(found, "image_std", std)
        if found.get("include_top") and "EfficientNet" in _processor(found):  # normalised once more, without the mean
            std = tuple(s * s for s in std)
    if found.get("rescale_offset"):
        mean = tuple(m + 1 for m in mean)
    order = "bgr" if found.get("do_flip_channel_order") else "rgb"
    return {"scale": scale, "mean": mean, "std": std, "channel_order": order}


def _framing(found: Mapping[str, Any]) -> dict[str, Any]:
    """Size, crop and filter."""
    code = found.get("resample", 2)
    settings: dict[str, Any] = {"interpolation": RESAMPLING.get(code, "bilinear") if type(code) is int else "bilinear"}
    crop = _crop(found)
    if not found.get("do_resize", True):
        return settings | {"resize": "none", "crop": crop}
    size = found.get("size")
    if type(size) is int:
        is_shortest = any(name in _processor(found) for name in BY_SHORTEST)
        size = {"shortest_edge": size} if is_shortest else {"height": size, "width": size}
    if not isinstance(size, Mapping):
        raise InputError(f"'size' is {size!r}.", key="size")
    if found.get("crop_pct") is not None or "ConvNext" in _processor(found):
        return settings | _by_ratio(found, size, crop)
    if "height" in size and "width" in size:
        _require_room(crop, _whole(size, "height"), _whole(size, "width"))
        return settings | {"resize": "stretch", "size": (_whole(size, "height"), _whole(size, "width")), "crop": crop}
    shortest = _whole(size, "shortest_edge")
    if "Levit" in _processor(found):
        shortest = int(LEVIT_RATIO * shortest)
    if crop is not None:
        _require_room(crop, shortest, shortest)
        return settings | {"resize": "shortest", "size": (shortest, shortest), "crop": crop}
    longest = _whole({"longest_edge": UNLIMITED} | dict(size) | _max_size(found), "longest_edge")
    return settings | {"resize": "fit", "size": (shortest, longest)}


def _by_ratio(found: Mapping[str, Any], size: Mapping[str, Any], crop: tuple[int, int] | None) -> dict[str, Any]:
    """A crop that is a fraction of the resized picture; ConvNeXt's processor cuts `size`, others `crop_size`."""
    ratio = _number(found, "crop_pct", 224 / 256)
    if not 0 < ratio <= 1:
        raise InputError(f"'crop_pct' is {ratio}.", key="crop_pct")
    side = _whole(size, "shortest_edge" if "shortest_edge" in size else "height")
    if "crop_size" not in found and side >= WARPED_FROM:
        return {"resize": "stretch", "size": (side, side)}
    resized = int(side / ratio)
    return {"resize": "shortest", "size": (resized, resized), "crop": crop or (side, side)}


def _crop(found: Mapping[str, Any]) -> tuple[int, int] | None:
    size = found.get("crop_size")
    if size is None or not found.get("do_center_crop", True):
        return None
    if type(size) is int:
        size = {"height": size, "width": size}
    if not isinstance(size, Mapping):
        raise InputError(f"'crop_size' is {size!r}.", key="crop_size")
    return _whole(size, "height"), _whole(size, "width")


def _require_room(crop: tuple[int, int] | None, height: int, width: int) -> None:
    """Refuse a crop out of a smaller picture: what the processors then add cannot be expressed."""
    if crop is not None and (crop[0] > height or crop[1] > width):
        raise InputError(f"'crop_size' is {crop[0]} x {crop[1]}, larger than the resized picture.", key="crop_size")


def _max_size(found: Mapping[str, Any]) -> dict[str, Any]:
    """The limit on the longer side as older versions write it."""
    return {"longest_edge": found["max_size"]} if found.get("max_size") is not None else {}


def _processor(found: Mapping[str, Any]) -> str:
    """The name of the class that reads the configuration."""
    return str(found.get("image_processor_type") or found.get("feature_extractor_type") or "")


def _whole(found: Mapping[str, Any], key: str) -> int:
    value = found.get(key)
    if type(value) is not int or not 0 < value <= UNLIMITED:
        raise InputError(f"'{key}' is {value!r}.", key=key)
    return value


def _number(found: Mapping[str, Any], key: str, default: float) -> float:
    value = found.get(key, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) <= UNLIMITED:
        raise InputError(f"'{key}' is {value!r}.", key=key)
    return float(value)


def _channels(found: Mapping[str, Any], key: str, default: tuple[float, ...]) -> tuple[float, ...]:
    value = found.get(key, default)
    values = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(_number({key: one}, key, math.nan) for one in values)
