"""ONNX's image metadata: what WinML, Custom Vision and the Core ML converters write of an image input."""

from __future__ import annotations

import re
from typing import Any

from onnxcam.tellers.registry import Place, Subject, Told, teller

__all__ = ["bit_depth", "dimension_denotations", "image_description", "image_metadata"]

PIXEL_FORMATS = {"gray8": "gray", "rgb8": "rgb", "rgba8": "rgb", "bgr8": "bgr", "bgra8": "bgr"}
PIXEL_RANGES: dict[str, dict[str, Any]] = {
    "nominalrange_0_255": {"scale": 1.0},
    "normalized_0_1": {"scale": 1 / 255},
    "normalized_1_1": {"scale": 1 / 127.5, "mean": (1.0,)},
    "nominalrange_16_235": {"scale": 219 / 255, "mean": (-16.0,)},
}
DESCRIPTION = re.compile(r"Image\(s\) in (BGR|RGB|gray)", re.IGNORECASE)


@teller(Place.METADATA)
def image_metadata(subject: Subject) -> Told | None:
    """`Image.BitmapPixelFormat` and `Image.NominalPixelRange` among the model's metadata, in any case.

    Source: ONNX, docs/MetadataProps.md.
    """
    metadata = _lowered(subject)
    order = PIXEL_FORMATS.get(metadata.get("image.bitmappixelformat", ""))
    values = PIXEL_RANGES.get(metadata.get("image.nominalpixelrange", ""), {})
    settings = values | ({"channel_order": order} if order else {})
    is_linear = metadata.get("image.colorspacegamma") == "linear"
    if not settings:
        return None
    notes = ("the file asks for pictures in linear light, which sRGB pixels are not turned into",) if is_linear else ()
    return Told("the file's image metadata", settings, notes=notes)


@teller(Place.METADATA)
def image_description(subject: Subject) -> Told | None:
    """The channel order in the input's description, as onnxmltools writes it."""
    described = DESCRIPTION.search((subject.input.doc_string or "") if subject.input is not None else "")
    if described is None:
        return None
    return Told("the input's description", {"channel_order": described[1].lower()})


@teller(Place.METADATA)
def dimension_denotations(subject: Subject) -> Told | None:
    """The layout, where a dimension of an image input is denoted `DATA_CHANNEL`.

    Source: ONNX, docs/DimensionDenotation.md.
    """
    shape = subject.input.shape if subject.input is not None else None
    denoted = [shape.get_denotation(axis) for axis in range(len(shape))] if shape is not None else []
    if len(denoted) != 4 or "DATA_CHANNEL" not in denoted:
        return None
    axis = denoted.index("DATA_CHANNEL")
    return Told("its dimensions' denotations", {"layout": {1: "NCHW", 3: "NHWC"}.get(axis)}) if axis in (1, 3) else None


@teller(Place.CONVENTION)
def bit_depth(subject: Subject) -> Told | None:
    """8 bits a channel are 0..255, where the pixel format is all that the metadata say."""
    if _lowered(subject).get("image.bitmappixelformat", "") not in PIXEL_FORMATS:
        return None
    return Told("the pixel format's 8 bits", {"scale": 1.0})


def _lowered(subject: Subject) -> dict[str, str]:
    return {key.lower(): value.strip().lower() for key, value in subject.model.metadata.items()}
