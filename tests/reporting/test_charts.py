"""Charts: what is drawn is what was counted."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from onnxcam.reporting import histogram
from onnxcam.reporting.charts import draw
from onnxcam.reporting.page import Curve
from tests.reporting.pages import EVIL

VALUES = np.random.default_rng(3).beta(2, 5, 200)


def said(svg: str) -> list[str]:
    """What the marks of a chart are called."""
    root = ET.fromstring(svg)
    return [one.get("aria-label", "") for one in root.iter() if one.get("role") == "graphics-symbol"]


def test_every_value_is_in_the_bin_that_holds_it() -> None:
    found = histogram("a", "b", np.array([*VALUES, np.nan, np.nan]), limits=(0.0, 1.0))
    by_hand = [int(((low <= VALUES) & (low + 0.05 > VALUES)).sum()) for low in np.arange(20) / 20]
    assert list(found.counts) == by_hand
    assert found.edges[0] == 0
    assert found.edges[-1] == 1
    assert found.missing == 2
    assert found.mean == pytest.approx(VALUES.mean())


def test_bins_reach_as_far_as_the_values() -> None:
    assert histogram("a", "b", np.array([-2.0, 3.0]), limits=(0.0, 1.0)).edges[::20] == (-2.0, 3.0)
    assert histogram("a", "b", np.array([5.0, 9.0]), limits=None).edges[::20] == (5.0, 9.0)
    assert sum(histogram("a", "b", np.full(7, 4.0), limits=None).counts) == 7
    assert histogram("a", "b", np.full(7, np.nan), limits=None).mean is None


def test_a_histogram_has_a_bar_for_each_bin_as_high_as_its_count() -> None:
    chart = histogram("a", "b", VALUES, limits=(0.0, 1.0))
    svg = draw(chart)
    bars = re.findall(r'aria-label="[\d.]+ to [\d.]+: (\d+)"[^>]*d="M[\d.]+,[\d.]+h([\d.]+)v([\d.]+)', svg)
    counts, widths, heights = (np.array(column, float) for column in zip(*bars, strict=True))
    assert tuple(counts) == chart.counts
    assert np.ptp(widths) < 1e-9 < widths[0]
    np.testing.assert_allclose(heights / heights.max(), counts / counts.max(), atol=1e-9)
    assert any(one.startswith("mean 0.2") for one in said(svg))


def test_a_curve_has_a_point_for_each_value_that_is_known() -> None:
    svg = draw(Curve("a", "b", ("x", "y", "z"), {"spearman": (1.0, 0.5, None), "ssim": (1.0, 0.25, 0.1)}))
    points = [one for one in said(svg) if ", step " in one]
    assert sorted(set(points)) == [
        "spearman, step 0: 1",
        "spearman, step 1: 0.500",
        "ssim, step 0: 1",
        "ssim, step 1: 0.250",
        "ssim, step 2: 0.100",
    ]


def test_names_are_text_in_a_drawing() -> None:
    svg = draw(Curve(EVIL, EVIL, ("x",), {EVIL: (1.0,)}))
    tags = {one.tag.partition("}")[2] for one in ET.fromstring(svg).iter()}
    assert not tags & {"script", "img", "image", "foreignObject", "a"}
