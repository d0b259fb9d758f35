"""Volumes: three slices through the middle, and three through the map's peak."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onnxcam.imaging.backdrop import Backdrop
from onnxcam.imaging.overlays import overlay
from onnxcam.imaging.plots.canvas import Canvas, grey

__all__ = ["Slice", "enlarged", "plot_volume", "upright_slice"]

SIDE = 280
LEFT, TOP, CAPTION, GAP = 20, 56, 40, 24
PLANES = {"R": "sagittal", "A": "coronal", "S": "axial"}
OPPOSITE = {"R": "L", "L": "R", "A": "P", "P": "A", "S": "I", "I": "S"}
UPWARDS = "SAR"
"""Which direction of two points up in a slice; the other of them points to the right."""


@dataclasses.dataclass(frozen=True, slots=True)
class Slice:
    """One plane of a volume, ready to be shown: the picture, its caption, and what its four sides are called."""

    pixels: NDArray[np.uint8]
    caption: str
    left: str = ""
    right: str = ""
    top: str = ""
    bottom: str = ""


def plot_volume(backdrop: Backdrop, saliency: NDArray[np.float32], colormap: str, alpha: float) -> NDArray[np.uint8]:
    """The map over the volume in grey, in the three planes through the middle, and below through the map's peak.

    Where the directions of the axes are known, slices stand upright: superior or anterior up, right or anterior to the
    right. Else the first of two axes runs down, the second to the right.
    """
    pixels = grey(backdrop.values)
    middle = tuple(n // 2 for n in saliency.shape)
    peak = tuple(int(i) for i in np.unravel_index(np.argmax(saliency), saliency.shape))
    rows = [("through the middle", middle)]
    if saliency.any() and peak != middle:
        rows.append(("through the map's peak", peak))
    drawn = [
        (name, [upright_slice(backdrop, pixels, saliency, axis, place[axis], colormap, alpha) for axis in range(3)])
        for name, place in rows
    ]
    widths = [max(slices[i].pixels.shape[1] for _, slices in drawn) for i in range(3)]
    height = max(s.pixels.shape[0] for _, slices in drawn for s in slices)
    canvas = Canvas(LEFT * 2 + sum(widths) + 2 * GAP, TOP + len(rows) * (height + CAPTION) + (len(rows) - 1) * GAP)
    for row, (name, slices) in enumerate(drawn):
        y = TOP + row * (height + CAPTION + GAP)
        canvas.text(LEFT, y - 8, name, "ld")
        for i, one in enumerate(slices):
            _show(canvas, LEFT + sum(widths[:i]) + i * GAP, y, one)
    canvas.legend(LEFT + sum(widths) + 2 * GAP, 8, colormap)
    return canvas.pixels()


def _show(canvas: Canvas, x: int, y: int, one: Slice) -> None:
    height, width = one.pixels.shape[:2]
    canvas.paste(x, y, one.pixels)
    canvas.text(x + width / 2, y + height + 8, one.caption, "ma")
    for text, across, down, anchor in (
        (one.left, 4, height / 2, "lm"),
        (one.right, width - 4, height / 2, "rm"),
        (one.top, width / 2, 3, "ma"),
        (one.bottom, width / 2, height - 3, "md"),
    ):
        canvas.draw.text(
            (x + across, y + down), text, "white", canvas.font, anchor, stroke_width=2, stroke_fill="black"
        )


def upright_slice(
    backdrop: Backdrop,
    pixels: NDArray[np.uint8],
    saliency: NDArray[np.float32],
    axis: int,
    index: int,
    colormap: str,
    alpha: float,
) -> Slice:
    """The plane of `axis` at `index`, turned upright where the directions are known."""
    ground, strength = np.take(pixels, index, axis), np.take(saliency, index, axis)
    plane = enlarged(overlay(ground, strength, colormap=colormap, alpha=alpha), backdrop, axis)
    told = index + (backdrop.start[axis] if backdrop.start else 0)
    letters = backdrop.directions
    if len(letters) != 3 or {_positive(c) for c in letters} != set(PLANES):
        return Slice(plane, f"axis {axis} = {told}")
    down, right = (c for i, c in enumerate(letters) if i != axis)
    if UPWARDS.index(_positive(down)) > UPWARDS.index(_positive(right)):
        plane, down, right = plane.swapaxes(0, 1), right, down
    if down in PLANES:  # rows run towards S, A or R, which is to be above
        plane, down = plane[::-1], OPPOSITE[down]
    if right not in PLANES:
        plane, right = plane[:, ::-1], OPPOSITE[right]
    caption = f"{PLANES[_positive(letters[axis])]}, axis {axis} = {told}"
    return Slice(plane, caption, OPPOSITE[right], right, OPPOSITE[down], down)


def enlarged(plane: NDArray[np.uint8], backdrop: Backdrop, axis: int) -> NDArray[np.uint8]:
    """The plane of `axis` with voxels as wide and high as their spacing; the volume's longest side is `SIDE` pixels."""
    space = backdrop.values.shape[1:]
    spacing = backdrop.spacing if len(backdrop.spacing) == 3 and min(backdrop.spacing) > 0 else (1.0, 1.0, 1.0)
    scale = SIDE / max(n * s for n, s in zip(space, spacing, strict=True))
    height, width = (
        max(1, round(n * s * scale)) for i, (n, s) in enumerate(zip(space, spacing, strict=True)) if i != axis
    )
    return np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.NEAREST), np.uint8)


def _positive(direction: str) -> str:
    """R, A or S: the one of a pair of directions that it belongs to."""
    return direction if direction in PLANES else OPPOSITE.get(direction, direction)
