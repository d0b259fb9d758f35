"""Numbers for readers."""

from __future__ import annotations

import math

import pytest

from onnxcam.metrics import interval
from onnxcam.reporting import numeral, percent, percent_of, spread


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (math.nan, "–"),
        (0, "0"),
        (12345, "12,345"),
        (3.0, "3"),
        (0.98765, "0.988"),
        (-0.5, "-0.500"),
        (0.000123456, "0.000123"),
        (123456.7, "1.23e+05"),
    ],
)
def test_numerals(value: float | None, text: str) -> None:
    assert numeral(value) == text


def test_shares_and_their_intervals() -> None:
    assert percent(0.12345) == "12.3 %"
    assert percent(math.nan) == percent(None) == "–"
    assert percent_of(None) == percent_of(interval([math.nan])) == spread(None) == ("–", "")
    assert percent_of(interval([0.5, 0.5])) == ("50.0 %", "50.0 to 50.0 %")
    assert spread(interval([0.5, 0.5])) == ("0.500", "0.500 to 0.500")
    assert percent_of(interval([0.5])) == ("50.0 %", "of one picture")
    assert spread(interval([0.5])) == ("0.500", "of one picture")
