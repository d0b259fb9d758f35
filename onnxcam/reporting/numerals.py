"""Numbers as a reader takes them."""

from __future__ import annotations

import math

from onnxcam.metrics import Interval

__all__ = ["numeral", "percent", "percent_of", "spread"]

EXACT = 10_000


def numeral(value: float | None) -> str:
    """A number with three figures behind the point, or three in all where it is small or large; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:.3f}" if 0.01 <= abs(value) < EXACT else f"{value:.3g}"


def percent(share: float | None) -> str:
    """A share as percents, with one figure behind the point; a dash for none."""
    return "–" if share is None or math.isnan(share) else f"{100 * share:.1f} %"


def percent_of(one: Interval | None) -> tuple[str, str]:
    """A mean share, and its interval."""
    if one is None or not one.count:
        return "–", ""
    if one.count == 1:
        return percent(one.mean), "of one picture"
    return percent(one.mean), f"{100 * one.low:.1f} to {percent(one.high)}"


def spread(one: Interval | None) -> tuple[str, str]:
    """A mean, and its interval."""
    if one is None or not one.count:
        return "–", ""
    if one.count == 1:
        return numeral(one.mean), "of one picture"
    return numeral(one.mean), f"{numeral(one.low)} to {numeral(one.high)}"
