"""A comparison's report: the least alike first, and every number that of the rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from onnxcam.comparing import Comparison, compare
from tests.auditing.pictures import MODEL, OPTIONS, read_rows, write_pictures
from tests.comparing.test_compare import with_first_kernel


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Of 20 pictures, one of which cannot be read, and a model whose first kernel is too small."""
    root = tmp_path_factory.mktemp("compare")
    write_pictures(root / "pictures", 20)
    (root / "pictures" / "star" / "broken.png").write_bytes(b"no picture")
    wrong = with_first_kernel(root / "wrong.onnx", lambda kernel: kernel / 4)
    options = {"rows": "jsonl", "report_pictures": 6, **OPTIONS}
    return compare(MODEL, wrong, root / "pictures", root / "out", **options)


@pytest.fixture(scope="module")
def rows(found: Comparison) -> list[dict[str, Any]]:
    return [row for row in read_rows(found.folder) if row["error"] is None]


@pytest.fixture(scope="module")
def report(found: Comparison) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((found.folder / "report.json").read_text(encoding="utf-8"))
    return data


def section(report: dict[str, Any], title: str) -> dict[str, Any]:
    (one,) = (part for part in report["sections"] if part["title"] == title)
    return dict(one)


def test_the_least_alike_come_first(rows: list[dict[str, Any]], report: dict[str, Any]) -> None:
    # A map that is zero in one model alone is like no other.
    ordered = sorted(rows, key=lambda row: (row["is_same"], -1.0 if row["pearson"] is None else row["pearson"]))
    cards = section(report, "Pictures")["cards"]
    assert [card["key"] for card in cards] == [row["key"] for row in ordered[:6]]
    for card, row in zip(cards, ordered, strict=False):
        assert card["title"] == row["first_predicted"]
        other = {"text": f"second: {row['second_predicted']}", "tone": "bad"}
        assert card["badges"][0] == ({"text": "same class", "tone": "good"} if row["is_same"] else other)
        assert card["figures"]["drift"] == abs(row["drift"])
        for which in ("first", "second"):
            top = card["shares"][which][0]
            assert (top["name"], top["value"]) == (row[f"{which}_predicted"], pytest.approx(row[f"{which}_confidence"]))


def test_charts_and_classes_are_those_of_the_rows(rows: list[dict[str, Any]], report: dict[str, Any]) -> None:
    assert min(row["drift"] for row in rows) < 0  # or nothing would tell a sign
    charts = {chart["name"]: chart for chart in section(report, "Distributions")["charts"]}
    names = ("pearson", "spearman", "ssim", "top-iou")
    values = {name: np.array([row[name] for row in rows], float) for name in names}  # None is NaN
    values["drift"] = np.array([abs(row["drift"]) for row in rows])
    for name, of in values.items():
        assert charts[name]["counts"] == np.histogram(of[~np.isnan(of)], charts[name]["edges"])[0].tolist()
        assert charts[name]["mean"] == pytest.approx(np.nanmean(of))
        assert charts[name]["missing"] == np.isnan(of).sum()

    table = section(report, "Classes")
    columns = [column["name"] for column in table["columns"]]
    assert len(table["rows"]) > 1
    for cells in table["rows"]:
        one = dict(zip(columns, cells, strict=True))
        own = [place for place, row in enumerate(rows) if row["label"] == one["class"]]
        assert one["pictures"] == len(own)
        assert one["same class"] == pytest.approx(np.mean([rows[place]["is_same"] for place in own]))
        for name, of in values.items():
            known = of[own][~np.isnan(of[own])]
            assert one[name] == (pytest.approx(known.mean()) if len(known) else None)


def test_the_verdict_says_how_many_differ(rows: list[dict[str, Any]], report: dict[str, Any]) -> None:
    differing = sum(not row["is_same"] for row in rows)
    assert 0 < differing < len(rows)
    assert f"{differing} pictures are predicted otherwise." in report["verdict"]["points"]
    assert "1 of 21 pictures could not be read or explained by both." in report["verdict"]["points"]
    assert report["verdict"]["tone"] == "warning"
    assert [row[0] for row in section(report, "Failures")["rows"]] == ["star/broken.png"]
