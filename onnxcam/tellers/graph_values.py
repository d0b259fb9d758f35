"""The range of pixel values that a graph's first nodes ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnxcam.imaging import PRESETS
from onnxcam.tellers.leading_steps import Steps, leading_steps
from onnxcam.tellers.registry import Place, Subject, Told, element_type, listed, teller

__all__ = ["image_scaler", "integer_input", "normalisation", "quantised_input"]

RAW: dict[str, Any] = {"scale": 1.0}
UNIT: dict[str, Any] = {"scale": 1 / 255}
SIGNED: dict[str, Any] = {"scale": 1 / 127.5, "mean": (1.0,)}

GREY_SCALES = (127.5, 128.0, 255.0, 256.0)
"""What grey levels are divided by, to come to about 1."""
GREY_CENTRE, UNIT_CENTRE = (90.0, 160.0), (0.3, 0.7)
"""Where the mean of pictures lies, among grey levels and in the unit interval."""
GREY_SPREAD, UNIT_SPREAD = (0.9, 260.0), (0.15, 1.01)
"""Standard deviations that pictures are divided by, and what stands for none."""
IMAGENET_MEAN = np.array(PRESETS["imagenet"].mean)
NEAR = 0.03
"""Relative difference of means of ImageNet that were rounded or computed anew."""
QUANTISED_NEAR = 0.02
"""Part of a range by which a calibrated one may miss it."""


@teller(Place.GRAPH)
def integer_input(subject: Subject) -> Told | None:
    """An input of unsigned bytes takes grey levels."""
    if subject.input is None or not subject.is_picture or element_type(subject.input) != np.uint8:
        return None
    return Told("its uint8 input, which takes 0..255", RAW)


@teller(Place.GRAPH)
def image_scaler(subject: Subject) -> Told | None:
    """An ImageScaler at the start stands for a Core ML image input: it takes grey levels."""
    readers = [n for n, _ in subject.input.uses()] if subject.input is not None else []
    if [n.op_type for n in readers] != ["ImageScaler"]:
        return None
    return Told("the ImageScaler at the graph's start, which takes 0..255", RAW)


@teller(Place.GRAPH)
def normalisation(subject: Subject) -> Told | None:
    """A normalisation at the start tells what it is fed: what becomes 0, and how much becomes 1."""
    if not subject.is_picture:
        return None
    steps = leading_steps(subject)
    found = _values(steps) if steps.operators else None
    if found is None:
        return None
    settings, taken = found
    what = f"{listed(steps.operators)} at the graph's start, which {'take' if steps.operators[1:] else 'takes'}"
    return Told(f"{what} {taken}", settings | _order(steps, 255.0 if settings is RAW else 1.0))


@teller(Place.GRAPH)
def quantised_input(subject: Subject) -> Told | None:
    """The range that the input was quantised for, where it is that of a preset and of no other."""
    found = _quantised_range(subject)
    if found is None:
        return None
    low, high, is_symmetric = found
    fitting = [name for name in PRESETS if _fits((low, high), *_preset_range(name), is_symmetric=is_symmetric)]
    if len(fitting) != 1:
        return None
    preset = PRESETS[fitting[0]]
    settings: dict[str, Any] = {"scale": preset.scale, "mean": preset.mean, "std": preset.std}
    if preset.channel_order != "rgb":  # its numbers are in this order
        settings["channel_order"] = preset.channel_order
    return Told(f"the range that the input was quantised for ({low:.2f} to {high:.2f})", settings)


def _values(steps: Steps) -> tuple[dict[str, Any], str] | None:
    """The settings that a normalisation needs before it, and what it takes in words."""
    centre, spread = float(steps.centre.mean()), float(steps.spread.mean())
    if abs(centre) < 1e-6 * spread or abs(centre) < 1e-9:
        if any(abs(spread - scale) < NEAR * scale for scale in GREY_SCALES):
            return RAW, "0..255"
        return (UNIT, "0..1") if any(abs(spread * scale - 1) < NEAR for scale in GREY_SCALES) else None
    if GREY_CENTRE[0] <= centre <= GREY_CENTRE[1] and GREY_SPREAD[0] <= spread <= GREY_SPREAD[1]:
        return RAW, "0..255"
    if UNIT_CENTRE[0] <= centre <= UNIT_CENTRE[1] and UNIT_SPREAD[0] <= spread <= UNIT_SPREAD[1]:
        return UNIT, "0..1"
    return (SIGNED, "-1..1") if abs(centre + 1) < NEAR else None


def _order(steps: Steps, full: float) -> dict[str, Any]:
    """The channel order, where the channels' means are ImageNet's one way round and not the other."""
    means = steps.centre / full
    if means.size != 3:
        return {}
    for order, known in (("rgb", IMAGENET_MEAN), ("bgr", IMAGENET_MEAN[::-1])):
        if np.allclose(means, known, rtol=NEAR):
            return {"channel_order": order}
    return {}


def _quantised_range(subject: Subject) -> tuple[float, float, bool] | None:
    """The least and the greatest number that the first QuantizeLinear holds, and whether it was laid about zero."""
    nodes = {n for n, _ in subject.input.uses()} if subject.input is not None and subject.is_picture else set()
    if len(nodes) != 1 or next(iter(nodes)).op_type != "QuantizeLinear":
        return None
    arrays = [subject.model.constants.array(v) for v in next(iter(nodes)).inputs[1:3]]
    if len(arrays) != 2 or arrays[0] is None or arrays[1] is None or arrays[0].size != 1 or arrays[1].size != 1:
        return None
    if arrays[1].dtype not in (np.uint8, np.int8, np.uint16, np.int16):
        return None
    limits, zero = np.iinfo(arrays[1].dtype), int(arrays[1].reshape(-1)[0])
    scale = float(arrays[0].reshape(-1)[0])
    return (limits.min - zero) * scale, (limits.max - zero) * scale, limits.min < 0 and zero == 0


def _preset_range(name: str) -> tuple[float, float]:
    """The least and the greatest number that a preset makes."""
    preset = PRESETS[name]
    ends = (np.array([[0.0], [255.0]]) * preset.scale - np.array(preset.mean)) / np.array(preset.std)
    return float(ends.min()), float(ends.max())


def _fits(found: tuple[float, float], low: float, high: float, *, is_symmetric: bool) -> bool:
    """Whether a quantised range is that of values from `low` to `high`; a symmetric one covers the larger end twice."""
    if is_symmetric:
        low, high = -max(-low, high), max(-low, high)
    return all(abs(a - b) <= QUANTISED_NEAR * (high - low) for a, b in zip(found, (low, high), strict=True))
