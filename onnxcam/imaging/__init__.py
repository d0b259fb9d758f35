"""Pictures in, overlays out: reading, preprocessing and its inverse, colour.

    image            = read_image(path)                    the upright picture, uint8 RGB
    where            = read_mask(path)                     where it is not black
    tensor, geometry = to_tensor(image, spec, height=…)    what the model takes, and where it lies on the picture
    saliency         = geometry.to_original(map)           a map of the model's input as one of the whole picture
    write_png(path, overlay(image, saliency, seen=geometry.seen))
    write_png(path, plot(backdrop, saliency))              the map over a signal, an array or a volume

Pillow reads and resizes, OpenCV colours.
"""

from __future__ import annotations

from onnxcam.imaging.backdrop import Backdrop
from onnxcam.imaging.framing import frame
from onnxcam.imaging.geometry import Box, Geometry
from onnxcam.imaging.overlays import colormap_names, encode_png, heatmap, overlay, write_png, write_whole
from onnxcam.imaging.plots import plot
from onnxcam.imaging.preprocess import PICTURE_SCALE, PRESETS, Interpolation, Layout, Preprocess, load_preprocess
from onnxcam.imaging.read import PICTURE_SUFFIXES, picture_size, read_image, read_mask
from onnxcam.imaging.tensor import to_tensor
from onnxcam.imaging.thumbnails import to_webp

__all__ = [
    "PICTURE_SCALE",
    "PICTURE_SUFFIXES",
    "PRESETS",
    "Backdrop",
    "Box",
    "Geometry",
    "Interpolation",
    "Layout",
    "Preprocess",
    "colormap_names",
    "encode_png",
    "frame",
    "heatmap",
    "load_preprocess",
    "overlay",
    "picture_size",
    "plot",
    "read_image",
    "read_mask",
    "to_tensor",
    "to_webp",
    "write_png",
    "write_whole",
]
