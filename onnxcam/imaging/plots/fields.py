"""Arrays in two dimensions, such as spectrograms and preprocessed pictures: alone, and with the map over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.imaging.backdrop import Backdrop
from onnxcam.imaging.overlays import overlay
from onnxcam.imaging.plots.canvas import Canvas, grey

__all__ = ["plot_field"]

SIDE, SHORT = 400, 160
"""What the longer side of a small array is enlarged to, and the shorter one at least, in pixels."""
LEFT, RIGHT, TOP, BOTTOM, GAP = 48, 24, 56, 28, 56
WIDE = 1.5
"""From this ratio of width to height on, the two lie below each other."""


def plot_field(backdrop: Backdrop, saliency: NDArray[np.float32], colormap: str, alpha: float) -> NDArray[np.uint8]:
    """The array as it lies in memory, rows down, and beside it the map over it; small ones are enlarged."""
    pixels = grey(backdrop.values)
    over = overlay(pixels, saliency, colormap=colormap, alpha=alpha)
    rows, columns = saliency.shape
    down, across = factors(rows, columns)
    height, width = rows * down, columns * across
    is_wide = width > WIDE * height
    step_x, step_y = (0, height + GAP) if is_wide else (width + GAP, 0)
    canvas = Canvas(LEFT + width + step_x + RIGHT, TOP + height + step_y + BOTTOM)
    for i, (picture, name) in enumerate(((pixels, "input"), (over, "map over the input"))):
        x, y = LEFT + i * step_x, TOP + i * step_y
        canvas.paste(x, y, picture.repeat(down, axis=0).repeat(across, axis=1))
        canvas.x_axis(x, y + height, width, -0.5, columns - 0.5)
        canvas.y_axis(x - 1, y, height, -0.5, rows - 0.5)
        canvas.text(x + width / 2, y - 8, name, "md")
    canvas.legend(LEFT + width + step_x, 8, colormap)
    return canvas.pixels()


def factors(rows: int, columns: int) -> tuple[int, int]:
    """How often each row and each column is repeated: alike, unless that leaves one side too short to be seen."""
    alike = max(1, SIDE // max(rows, columns))
    return max(alike, SHORT // rows), max(alike, SHORT // columns)
