"""Arrays in two dimensions, such as spectrograms and preprocessed pictures: alone, and with the map over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.imaging.backdrop import Backdrop
from onnxcam.imaging.overlays import overlay
from onnxcam.imaging.plots.canvas import Canvas, grey

__all__ = ["plot_field"]

SIDE = 400
LEFT, RIGHT, TOP, BOTTOM, GAP = 48, 24, 56, 28, 56


def plot_field(backdrop: Backdrop, saliency: NDArray[np.float32], colormap: str, alpha: float) -> NDArray[np.uint8]:
    """The array as it lies in memory, rows down, and beside it the map over it; small ones are enlarged."""
    pixels = grey(backdrop.values)
    factor = max(1, SIDE // max(saliency.shape))
    over = overlay(pixels, saliency, colormap=colormap, alpha=alpha)
    pair = [one.repeat(factor, axis=0).repeat(factor, axis=1) for one in (pixels, over)]
    height, width = pair[0].shape[:2]
    rows, columns = saliency.shape
    canvas = Canvas(LEFT + 2 * width + GAP + RIGHT, TOP + height + BOTTOM)
    for i, (picture, name) in enumerate(zip(pair, ("input", "map over the input"), strict=True)):
        x = LEFT + i * (width + GAP)
        canvas.paste(x, TOP, picture)
        canvas.x_axis(x, TOP + height, width, -0.5, columns - 0.5)
        canvas.y_axis(x - 1, TOP, height, -0.5, rows - 0.5)
        canvas.text(x + width / 2, TOP - 8, name, "md")
    canvas.legend(LEFT + 2 * width + GAP, 8, colormap)
    return canvas.pixels()
