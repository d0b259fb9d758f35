"""Signals: a curve for each channel, in the colours of the map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from onnxcam.imaging.backdrop import Backdrop
from onnxcam.imaging.overlays import heatmap
from onnxcam.imaging.plots.canvas import Canvas, grey

__all__ = ["covered", "plot_signal"]

WIDTH = 960
LEFT, RIGHT, TOP, BOTTOM, GAP = 74, 24, 30, 48, 8
HEIGHTS = {1: 240, 2: 150, 3: 110, 4: 90}
LOWEST = 70
SHOWN_PADDING = 0.25
"""Of what fills a signal up, at most so much is shown, as a share of the signal."""
CURVES = 8
"""With more channels than this, they are the rows of a picture in grey."""
FINER = 3
"""The curve is drawn so many times larger, then averaged down."""
PEN = 2
"""Half of the curve's width, in finer pixels."""
CURVE_GREY = 64
TINT = 0.4
"""Share of the colour behind the curve, with the curve's own share as 1."""


def plot_signal(backdrop: Backdrop, saliency: NDArray[np.float32], colormap: str, alpha: float) -> NDArray[np.uint8]:
    """Each channel's curve over time, coloured by the map at that time; padding is pale, and cut short.

    The axis is in seconds where the rate is known, else in samples, and counts from the beginning of the file.
    """
    channels, whole = backdrop.values.shape
    seen = backdrop.seen[0].stop if backdrop.seen else whole
    count = min(whole, seen + max(1, round(seen * SHOWN_PADDING)))
    shown, saliency = backdrop.values[:, :count], saliency[:count]
    colours = heatmap(_by_column(saliency)[None], colormap)[0].astype(np.float64)
    if channels > CURVES:
        rows = [_rows(shown, colours, alpha)]
    else:
        height = HEIGHTS.get(channels, LOWEST)
        rows = [_curve(one.astype(np.float64), colours, height, alpha) for one in shown]
    edge = round(seen / count * WIDTH)
    canvas = Canvas(LEFT + WIDTH + RIGHT, TOP + sum(len(row) + GAP for row in rows) + BOTTOM)
    y = TOP
    for row, values in zip(rows, shown, strict=False):
        row[:, edge:] = np.rint(row[:, edge:] * 0.3 + 0.7 * 235).astype(np.uint8)
        canvas.paste(LEFT, y, row)
        limits = (-0.5, channels - 0.5) if channels > CURVES else _limits(values)[::-1]
        canvas.y_axis(LEFT - 1, y, len(row), *limits)
        if edge < WIDTH - 60:
            canvas.text(LEFT + edge + 6, y + 4, "padding" if count == whole else "padding …")
        y += len(row) + GAP
    unit = backdrop.rate or 1
    start = backdrop.start[0] if backdrop.start else 0
    canvas.x_axis(LEFT, y - GAP, WIDTH, start / unit, (start + count) / unit, "seconds" if backdrop.rate else "sample")
    canvas.legend(LEFT + WIDTH, 8, colormap)
    return canvas.pixels()


def _by_column(saliency: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map `(T,)` in each column: its highest there, so that no peak is lost, or what lies between two samples."""
    count = len(saliency)
    if count > WIDTH:
        return np.maximum.reduceat(saliency, np.arange(WIDTH) * count // WIDTH)
    return np.interp(_centres(WIDTH) * count, _centres(count) * count, saliency).astype(np.float32)


def _curve(values: NDArray[np.float64], colours: NDArray[np.float64], height: int, alpha: float) -> NDArray[np.uint8]:
    """A curve `(T,)` as pixels `(height, WIDTH, 3)`: in each column what it covers there, over a tint of the colour."""
    lower, upper = _limits(values)
    bottom, top = (
        _spread(edge, end) for edge, end in zip(covered(values, WIDTH * FINER), (np.min, np.max), strict=True)
    )
    scale = (height * FINER - 1) / (upper - lower)
    first = np.rint((upper - top) * scale) - PEN
    last = np.rint((upper - bottom) * scale) + PEN
    lines = np.arange(height * FINER)[:, None]
    mask = ((lines >= first) & (lines <= last)).astype(np.float64)
    coverage = mask.reshape(height, FINER, WIDTH, FINER).mean(axis=(1, 3))[..., None]
    ground = 255 + (colours - 255) * (alpha * TINT)
    ink = CURVE_GREY + (colours - CURVE_GREY) * alpha
    pixels: NDArray[np.float64] = np.rint(ground * (1 - coverage) + ink * coverage)
    return pixels.astype(np.uint8)


def _spread(edge: NDArray[np.float64], end: Callable[..., Any]) -> NDArray[np.float64]:
    """A curve's lower or upper edge as a pen of some width draws it: its lowest or highest nearby."""
    near = np.lib.stride_tricks.sliding_window_view(np.pad(edge, PEN, mode="edge"), 2 * PEN + 1)
    return np.asarray(end(near, axis=1), np.float64)


def covered(values: NDArray[np.float64], columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lowest and highest of the curve through `values` within each of `columns` equal parts of its time."""
    count = len(values)
    edges = np.interp(np.linspace(0, count, columns + 1), _centres(count) * count, values)
    bottom, top = np.minimum(edges[:-1], edges[1:]), np.maximum(edges[:-1], edges[1:])
    column = (_centres(count) * columns).astype(np.intp)
    np.minimum.at(bottom, column, values)
    np.maximum.at(top, column, values)
    return bottom, top


def _rows(values: NDArray[np.floating], colours: NDArray[np.float64], alpha: float) -> NDArray[np.uint8]:
    """Channels as the rows of a picture in grey, coloured by the map."""
    factor = max(1, HEIGHTS[1] // len(values))
    size = (WIDTH, len(values) * factor)
    stretched = np.asarray(Image.fromarray(grey(values[None])).resize(size, Image.Resampling.NEAREST))
    return np.rint(stretched * (1 - alpha) + colours * alpha).astype(np.uint8)


def _limits(values: NDArray[np.floating]) -> tuple[float, float]:
    """What the curve's axis spans: its values and a twentieth more."""
    low, high = float(values.min()), float(values.max())
    margin = (high - low) / 20 or max(abs(high), 1.0)
    return low - margin, high + margin


def _centres(count: int) -> NDArray[np.float64]:
    """The middles of `count` equal parts of the unit interval."""
    return (np.arange(count) + 0.5) / count
