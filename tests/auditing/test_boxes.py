"""Figures of localisation on annotated photographs, against boxes that the test itself reads and brings there."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

import onnxcam
from onnxcam.auditing import audit
from tests.auditing.pictures import MODEL, OPTIONS, read_rows
from tests.shared import shared

SIDE = 96


def boxes_on_input(annotation: Path, width: int, height: int) -> np.ndarray:
    """The union of a VOC file's boxes on an input to which the picture is stretched."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    x, y = x * width / SIDE, y * height / SIDE
    union = np.zeros((SIDE, SIDE), bool)
    for box in ET.parse(annotation).getroot().iter("bndbox"):
        left, top, right, bottom = (float(str(box.findtext(name))) for name in ("xmin", "ymin", "xmax", "ymax"))
        # the pixel of column j covers [j, j + 1), and the input's pixel is where its centre falls
        columns, rows = np.floor(x) + 0.5, np.floor(y) + 0.5
        union |= (left - 1 <= columns) & (columns < right) & (top - 1 <= rows) & (rows < bottom)
    return union


@pytest.mark.parametrize("name", ["raccoon", "bccd"])
def test_figures_of_photographs_with_boxes(name: str, tmp_path: Path) -> None:
    folder = shared(f"images/{name}")
    data = tmp_path / "data"
    data.mkdir()
    for photograph in sorted(folder.glob("*.jpg"))[:8]:
        for path in (photograph, photograph.with_suffix(".xml")):
            (data / path.name).symlink_to(path)
    audit(MODEL, data, tmp_path / "out", rows="jsonl", **OPTIONS)
    rows = read_rows(tmp_path / "out")
    assert len(rows) == 8
    for row in rows:
        assert row["error"] is None
        path = data / str(row["key"])
        with Image.open(path) as picture:
            mask = boxes_on_input(path.with_suffix(".xml"), *picture.size)
        saliency = onnxcam.explain(MODEL, str(path), provider="cpu", preprocess=OPTIONS["preprocess"]).map[0]
        peaks = saliency == saliency.max()
        assert row["regions"] > 0
        assert row["pointing-game"] == float(mask[peaks].any())
        assert row["energy-inside"] == pytest.approx(saliency[mask].sum() / saliency.sum(), rel=1e-4)
        for percent in (15, 25, 50):
            high = saliency >= percent / 100 * saliency.max()
            wanted = (high & mask).sum() / (high | mask).sum()
            assert row[f"iou-{percent}"] == pytest.approx(wanted, abs=2e-3)  # a pixel at the threshold falls either way
