"""A white sheet with text, ticks, and a legend of the map's colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from onnxcam.imaging.overlays import heatmap

__all__ = ["Canvas", "grey", "ticks"]

INK = (51, 51, 51)
FONT = 13
TICK = 4
LEGEND = (96, 10)


class Canvas:
    """A white picture to draw on; places are in pixels, x to the right and y down."""

    def __init__(self, width: int, height: int) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self.draw = ImageDraw.Draw(self.image)
        self.font = ImageFont.load_default(FONT)

    def text(self, x: float, y: float, text: str, anchor: str = "la") -> None:
        """Write `text`; `anchor` as Pillow has it, such as `ma` for the middle of the upper edge."""
        self.draw.text((x, y), text, fill=INK, font=self.font, anchor=anchor)

    def paste(self, x: int, y: int, pixels: NDArray[np.uint8]) -> None:
        """Put a picture with a thin frame around it; `x`, `y` are its upper left corner."""
        height, width = pixels.shape[:2]
        self.image.paste(Image.fromarray(pixels), (x, y))
        self.draw.rectangle((x - 1, y - 1, x + width, y + height), outline=INK)

    def x_axis(self, x: int, y: int, width: int, low: float, high: float, name: str = "") -> None:
        """Ticks and numbers below the line from `x`, `y`, which runs from `low` to `high`."""
        for value, told in ticks(low, high, max(2, width // 90)):
            at = x + (value - low) / (high - low) * width
            self.draw.line((at, y, at, y + TICK), fill=INK)
            self.text(at, y + TICK + 3, told, "ma")
        self.text(x + width / 2, y + TICK + FONT + 8, name, "ma")

    def y_axis(self, x: int, y: int, height: int, low: float, high: float) -> None:
        """Ticks and numbers to the left of the line from `x`, `y` down, which runs from `low` to `high`."""
        for value, told in ticks(min(low, high), max(low, high), max(2, height // 30)):
            at = y + (value - low) / (high - low) * height
            self.draw.line((x - TICK, at, x, at), fill=INK)
            self.text(x - TICK - 3, at, told, "rm")

    def legend(self, right: int, y: int, colormap: str) -> None:
        """The map's colours from 0 to 1, ending at `right`."""
        width, height = LEGEND
        bar = np.broadcast_to(np.linspace(0, 1, width, dtype=np.float32), (height, width))
        self.text(right, y - 2, "1", "ra")
        self.paste(right - 12 - width, y, heatmap(bar, colormap))
        self.text(right - 18 - width, y - 2, "map 0", "ra")

    def pixels(self) -> NDArray[np.uint8]:
        """What was drawn, uint8 RGB."""
        return np.asarray(self.image, np.uint8).copy()


def ticks(low: float, high: float, count: int) -> list[tuple[float, str]]:
    """Up to `count` + 1 multiples of 1, 2 or 5 times a power of ten from `low` to `high`, and how they are written."""
    step = 10 ** math.floor(math.log10((high - low) / count))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= count)
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(low / step - 1e-9)
    values = [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return [(value, f"{value:.{places}f}" if places < 6 and abs(value) < 1e9 else f"{value:g}") for value in values]


def grey(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """`(channels, *space)` as pixels `(*space, 3)`, the smallest number black, the largest white.

    Three channels in two dimensions are the three colours; of others, the mean is shown in grey.
    """
    wide = values.astype(np.float64)
    colours = np.moveaxis(wide, 0, -1) if wide.shape[0] == 3 and wide.ndim == 3 else wide.mean(axis=0)[..., None]
    low, high = colours.min(), colours.max()
    levels = np.rint((colours - low) * (255 / (high - low) if high > low else 0)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(levels, (*levels.shape[:-1], 3)))
