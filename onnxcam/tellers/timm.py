"""The `config.json` that timm puts beside a model's weights on the Hugging Face hub."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, get_args

from onnxcam.errors import InputError
from onnxcam.imaging import PRESETS, Interpolation
from onnxcam.tellers.registry import Place, Subject, Told, teller

__all__ = ["timm_config"]

FILE = "config.json"
CROP_RATIO = 0.875
LARGEST, SMALLEST_RATIO = 2**14, 0.05
RESIZING = {"center": "shortest", "squash": "stretch", "border": "letterbox"}
"""What timm's modes of cutting mean before the cut."""


@teller(Place.BESIDE)
def timm_config(subject: Subject) -> Told | None:
    """What timm's `create_transform` does of the configuration, and the names of the classes.

    A model that is exported at the size for tests is cut as tests do. Source: timm 1.0, `transforms_imagenet_eval`.
    """
    found = subject.neighbours.json(FILE)
    if found is None or "architecture" not in found:
        return None
    config = found.get("pretrained_cfg", found)
    if not isinstance(config, Mapping) or not {"mean", "input_size"} & config.keys():
        return None
    labels, source = _labels(found, config), f"timm's {FILE} beside the model"
    try:
        return Told(source, _settings(config, subject), labels)
    except InputError as error:
        return Told(source, labels=labels, notes=(f"timm's '{FILE}' is not used: {str(error).rstrip('.')}",))


def _settings(config: Mapping[str, Any], subject: Subject) -> dict[str, Any]:
    sizes = {key: _size(config, key) for key in ("input_size", "test_input_size")}
    test = "test_" if sizes["test_input_size"] == subject.size != sizes["input_size"] else ""
    crop = sizes[f"{test}input_size"] or (224, 224)
    ratio = config.get(f"{test}crop_pct") or config.get("crop_pct") or CROP_RATIO
    if not isinstance(ratio, (int, float)) or not SMALLEST_RATIO < ratio <= 1:
        raise InputError(f"'crop_pct' is {ratio!r}.", key="crop_pct")
    mean, std = (_numbers(config, key) or getattr(PRESETS["imagenet"], key) for key in ("mean", "std"))
    mode, interpolation = config.get("crop_mode"), config.get("interpolation")
    return {
        "scale": 1 / 255,
        "mean": mean,
        "std": std,
        "channel_order": "gray" if len(mean) == 1 and subject.channels == 1 else "rgb",
        "resize": RESIZING.get(str(mode), "shortest"),
        "size": (math.floor(crop[0] / ratio), math.floor(crop[1] / ratio)),
        "crop": crop,
        "crop_ratio": float(ratio),
        "pad": tuple(min(255, max(0, round(255 * m))) for m in mean),
        "interpolation": interpolation if interpolation in get_args(Interpolation) else "bicubic",
    }


def _size(config: Mapping[str, Any], key: str) -> tuple[int, int] | None:
    """Height and width of `[channels, height, width]`."""
    value = config.get(key)
    if value is None:
        return None
    is_size = isinstance(value, (list, tuple)) and len(value) == 3
    if not is_size or any(type(side) is not int or not 0 < side <= LARGEST for side in value):
        raise InputError(f"'{key}' is {value!r}.", key=key)
    return value[1], value[2]


def _numbers(config: Mapping[str, Any], key: str) -> tuple[float, ...]:
    value = config.get(key) or ()
    if not isinstance(value, (list, tuple)) or not all(
        type(one) in (int, float) and abs(one) < LARGEST for one in value
    ):
        raise InputError(f"'{key}' is {value!r}.", key=key)
    return tuple(float(one) for one in value)


def _labels(found: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names, and for each that has one its description, which reads better than a synset's number."""
    names = found.get("label_names") or config.get("label_names")
    described = found.get("label_descriptions") or config.get("label_descriptions")
    if not isinstance(names, list) or not names:
        return None
    described = described if isinstance(described, Mapping) else {}
    return tuple(str(described.get(name) or name) if isinstance(name, str) else str(name) for name in names)
