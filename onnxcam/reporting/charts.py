"""Charts as SVG, drawn by Vega-Lite: text stays text, and colours are the page's, light or dark."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.reporting.numerals import numeral
from onnxcam.reporting.page import Curve, Histogram

__all__ = ["draw", "histogram"]

BINS = 20
SIZE = {"width": 300, "height": 130}
LINES = ("var(--accent)", "var(--second)", "var(--third)")
CONFIG: dict[str, Any] = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "var(--text)", "titleColor": "var(--soft)", "orient": "top"},
}


def histogram(name: str, about: str, values: NDArray[np.float64], *, limits: tuple[float, float] | None) -> Histogram:
    """The distribution of a figure, `(N,)` with NaN where it is not defined, over 20 bins of one width.

    The bins reach over `limits`, and over the values where these are wider, or where there are no limits.
    """
    known = values[~np.isnan(values)]
    lowest, highest = limits or (math.inf, -math.inf)
    if len(known):
        lowest, highest = min(lowest, float(known.min())), max(highest, float(known.max()))
    elif limits is None:
        lowest, highest = 0.0, 1.0
    if lowest == highest:
        lowest, highest = lowest - 0.5, highest + 0.5
    counts, edges = np.histogram(known, BINS, (lowest, highest))
    mean = float(known.mean()) if len(known) else None
    return Histogram(
        name, about, tuple(map(float, edges)), tuple(map(int, counts)), mean, missing=len(values) - len(known)
    )


def draw(chart: Histogram | Curve) -> str:
    """The chart as an SVG element, for a page that defines the colours that it names."""
    import vl_convert

    spec = _bars(chart) if isinstance(chart, Histogram) else _lines(chart)
    whole = {"background": None, "padding": 4, **SIZE, **spec, "config": CONFIG}
    svg: str = vl_convert.vegalite_to_svg(whole)
    return svg


def _bars(chart: Histogram) -> dict[str, Any]:
    bins = [
        {"from": low, "to": high, "n": n, "said": f"{numeral(low)} to {numeral(high)}: {n}"}
        for low, high, n in zip(chart.edges, chart.edges[1:], chart.counts, strict=False)
    ]
    axis, scale = {"grid": False, "tickCount": 5}, {"domain": [chart.edges[0], chart.edges[-1]], "nice": False}
    across = {"field": "from", "type": "quantitative", "bin": "binned", "title": None, "scale": scale, "axis": axis}
    counts = {
        "field": "n",
        "type": "quantitative",
        "title": "pictures",
        "stack": None,
        "axis": {"tickCount": 4, "tickMinStep": 1},
    }
    return {
        "description": f"The distribution of {chart.name}.",
        "layer": [
            {
                "data": {"values": bins},
                "mark": {"type": "bar", "fill": "var(--accent)", "binSpacing": 1},
                "encoding": {
                    "x": across,
                    "x2": {"field": "to"},
                    "y": counts,
                    "description": {"field": "said", "type": "nominal"},
                },
            },
            *_mean(chart),
        ],
    }


def _mean(chart: Histogram) -> list[dict[str, Any]]:
    if chart.mean is None:
        return []
    return [
        {
            "data": {"values": [{"mean": chart.mean, "said": f"mean {numeral(chart.mean)}"}]},
            "mark": {"type": "rule", "stroke": "var(--text)", "strokeWidth": 1.5, "strokeDash": [3, 2]},
            "encoding": {
                "x": {"field": "mean", "type": "quantitative"},
                "description": {"field": "said", "type": "nominal"},
            },
        }
    ]


def _lines(chart: Curve) -> dict[str, Any]:
    points = [
        {"step": number, "value": value, "figure": name, "said": f"{name}, step {number}: {numeral(value)}"}
        for name, values in chart.series.items()
        for number, value in enumerate(values)
        if value is not None
    ]
    steps = {"field": "step", "type": "quantitative", "title": "step", "axis": {"tickMinStep": 1, "grid": False}}
    colours = {"domain": list(chart.series), "range": list(LINES[: len(chart.series)])}
    return {
        "width": 2 * SIZE["width"],
        "description": chart.about,
        "data": {"values": points},
        "mark": {"type": "line", "point": True, "strokeWidth": 2},
        "encoding": {
            "x": steps,
            "y": {"field": "value", "type": "quantitative", "title": None},
            "color": {"field": "figure", "type": "nominal", "title": None, "scale": colours},
            "description": {"field": "said", "type": "nominal"},
        },
    }
