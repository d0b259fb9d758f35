"""An audit's report: the worst first, and every number that of the rows."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import onnxcam
from onnxcam.auditing import Audit, audit
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, read_rows, write_pictures


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    """96 pictures with the labels of their neighbours, here and there; one cannot be read."""
    root = tmp_path_factory.mktemp("audit")
    write_pictures(root / "pictures", 96)
    lines = ["path,label"]
    for number, path in enumerate(sorted((root / "pictures").rglob("*.png"))):
        label = "heart" if number % 9 == 4 else path.parent.name
        lines.append(f"{path.relative_to(root / 'pictures').as_posix()},{label}")
    (root / "pictures" / "index.csv").write_text("\n".join([*lines, "gone.png,star"]))
    return audit(MODEL, root / "pictures", root / "audit", rows="jsonl", report_pictures=7, **OPTIONS)


@pytest.fixture(scope="module")
def report(found: Audit) -> dict[str, Any]:
    assert found.report_path == found.folder / "report.html"
    data: dict[str, Any] = json.loads((found.folder / "report.json").read_text(encoding="utf-8"))
    return data


def section(report: dict[str, Any], title: str) -> dict[str, Any]:
    (one,) = (part for part in report["sections"] if part["title"] == title)
    return dict(one)


def explained(found: Audit) -> list[dict[str, Any]]:
    return [row for row in read_rows(found.folder) if row["error"] is None]


def test_the_worst_pictures_come_first(found: Audit, report: dict[str, Any]) -> None:
    rows = explained(found)
    wrong = sorted((row for row in rows if not row["is_correct"]), key=lambda row: -row["confidence"])
    right = sorted((row for row in rows if row["is_correct"]), key=lambda row: -row["border-energy"])
    ordered = [row["key"] for row in [*wrong, *right]]
    cards = [card["key"] for card in section(report, "Pictures")["cards"]]
    assert len(wrong) >= 7
    assert cards[:7] == ordered[:7]
    assert cards == sorted(cards, key=ordered.index)
    outliers = {one.key for one in found.shortcuts.outliers}
    examples = {key for one in found.shortcuts.clusters for key in one.keys}
    assert outliers <= set(cards) <= outliers | examples | set(ordered[:7])


def test_a_card_says_what_its_row_says(found: Audit, report: dict[str, Any]) -> None:
    rows = {row["key"]: row for row in explained(found)}
    labels = (MODEL.parent / "labels.txt").read_text().split()
    for card in section(report, "Pictures")["cards"]:
        row = rows[card["key"]]
        assert card["title"] == row["predicted"]
        assert card["badges"][0] == (
            {"text": "right", "tone": "good"}
            if row["is_correct"]
            else {"text": f"wrong: is {row['label']}", "tone": "bad"}
        )
        top = [{"name": labels[i], "value": p} for i, p in zip(row["top5"], row["top5_probability"], strict=True)]
        assert card["shares"] == {"": top}
        assert card["figures"]["border-energy"] == row["border-energy"]
        assert card["figures"]["loneliness"] == row["loneliness"]
        assert ("wrong" in card["groups"]) is not row["is_correct"]


def test_charts_and_classes_are_those_of_the_rows(found: Audit, report: dict[str, Any]) -> None:
    rows = explained(found)
    charts = {chart["name"]: chart for chart in section(report, "Distributions")["charts"]}
    for name in ("confidence", "entropy", "border-energy"):
        values = np.array([row[name] for row in rows])
        counts, _ = np.histogram(values, charts[name]["edges"])
        assert charts[name]["counts"] == counts.tolist()
        assert sum(counts) == len(rows)
        assert charts[name]["mean"] == pytest.approx(values.mean())
    assert "pointing-game" not in charts

    table = section(report, "Classes")
    columns = [column["name"] for column in table["columns"]]
    for cells in table["rows"]:
        one = dict(zip(columns, cells, strict=True))
        own = [row for row in rows if row["label"] == one["class"]]
        assert one["pictures"] == len(own)
        assert one["accuracy"] == pytest.approx(np.mean([row["is_correct"] for row in own]))
        assert one["entropy"] == pytest.approx(np.mean([row["entropy"] for row in own]))


def test_the_verdict_tells_what_failed_first(found: Audit, report: dict[str, Any]) -> None:
    right = np.mean([row["is_correct"] for row in explained(found)])
    assert report["verdict"]["text"] == f"{100 * right:.1f} % of 96 predictions are right."
    assert report["verdict"]["points"] == ["1 of 97 pictures could not be read or explained."]
    assert report["verdict"]["tone"] == "warning"
    assert section(report, "Failures")["rows"][0][0] == "gone.png"
    assert report["tiles"][0] == {"name": "pictures", "value": "97", "detail": "1 could not be read or explained"}


def test_clusters_are_shown_with_their_mean_maps(found: Audit, report: dict[str, Any]) -> None:
    groups = section(report, "What classes are recognised by")["groups"]
    assert len(groups) == len(found.shortcuts.clusters) > 0
    for group, cluster in zip(groups, found.shortcuts.clusters, strict=True):
        assert group["title"] == cluster.class_name
        assert [one["key"] for one in group["examples"]] == list(cluster.keys[:4])
        assert group["facts"]["pictures"].startswith(f"{cluster.size} of {cluster.of} ")


def test_without_pictures_nothing_is_run_again(tmp_path: Path) -> None:
    options = {"rows": "jsonl", "report_pictures": 0, **OPTIONS}
    one = audit(MODEL, PICTURES[0].parent, tmp_path, **options)
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert section(data, "Pictures")["cards"] == []
    assert one.report_path == tmp_path / "report.html"


def test_many_pictures_lie_beside_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxcam.reporting.pictures.WITHIN", 2)
    pictures = write_pictures(tmp_path / "pictures", 3)
    audit(MODEL, pictures, tmp_path / "audit", rows="jsonl", **OPTIONS)
    data = json.loads((tmp_path / "audit" / "report.json").read_text(encoding="utf-8"))
    addresses = [
        s[name] for c in section(data, "Pictures")["cards"] for s in c["stacks"] for name in ("picture", "heat")
    ]
    assert len(addresses) == 6
    assert all((tmp_path / "audit" / address).is_file() for address in addresses)
    audit(MODEL, pictures, tmp_path / "audit", rows="jsonl", is_fresh=True, has_report=False, **OPTIONS)
    assert sorted(path.name for path in (tmp_path / "audit").iterdir()) == [".lock", "audit.json", "rows.jsonl"]


def test_without_what_makes_a_page_a_note_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("onnxcam.reporting.writing.PACKAGES", {"nothing_of_that_name": "Nothing"})
    pictures = write_pictures(tmp_path / "pictures", 1)
    one = audit(MODEL, pictures, tmp_path / "audit", rows="jsonl", **OPTIONS)
    assert one.report_path is None
    assert one.notes[-1] == 'there is no report.html: it takes Nothing; run pip install "onnxcam[audit]"'
    assert not (tmp_path / "audit" / "report.html").exists()


@pytest.mark.parametrize("kind", ["audit", "compare", "check"])
def test_the_folder_is_locked_until_the_report_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    dataset, seen = write_pictures(tmp_path / "data", 4), []
    options = {"rows": "jsonl", **OPTIONS}
    policy = tmp_path / "policy.toml"
    policy.write_text(
        f'[[audit]]\nname = "shapes"\nmodel = "{MODEL}"\ndataset = "data"\nprovider = "cpu"\nrequire = ["empty <= 1"]\n'
    )
    runs = {
        "audit": lambda: onnxcam.audit(MODEL, dataset, tmp_path / "out", **options),
        "compare": lambda: onnxcam.compare(MODEL, MODEL, dataset, tmp_path / "out", **options),
        "check": lambda: onnxcam.check(policy, tmp_path / "out"),
    }
    where = {"audit": "auditing.auditor.report_audit", "compare": "comparing.comparer.report_comparison"}
    name = where.get(kind, "checking.checker._shown")
    module, _, function = f"onnxcam.{name}".rpartition(".")
    real = getattr(importlib.import_module(module), function)

    def shown(*arguments: Any, **named: Any) -> Any:
        monkeypatch.setattr(f"{module}.{function}", real)
        with pytest.raises(onnxcam.InputError, match="another run is adding to"):
            runs[kind]()
        seen.append(kind)
        return real(*arguments, **named)

    monkeypatch.setattr(f"{module}.{function}", shown)
    runs[kind]()
    assert seen == [kind]
