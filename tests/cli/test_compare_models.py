"""`onnxcam compare`: what it says of two exports."""

from __future__ import annotations

import json
from pathlib import Path

from tests.auditing.pictures import MODEL, ROOT, write_pictures
from tests.cli.conftest import Run

OPTIONS = ("--preprocess", ROOT / "preprocess.json", "--labels", ROOT / "labels.txt", "--rows", "jsonl")


def test_it_says_how_alike_they_are_and_the_worst_cases(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 8)
    result = run("compare", MODEL, ROOT / "shapes-int8.onnx", data, *OPTIONS)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == f"{Path('comparison') / 'rows.jsonl'}: 8 rows"
    assert lines[1].split() == ["same", "class", "1.0000", "(1.0000", "to", "1.0000)"]
    assert [line.split()[0] for line in lines[2:7]] == ["drift", "pearson", "spearman", "ssim", "top-iou"]
    assert lines[7] == "least alike:"
    assert len(lines) == 13
    assert "layers matched by role" in result.stderr


def test_json_is_the_header(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 4)
    result = run("compare", MODEL, MODEL, data, *OPTIONS, "--json")
    record = json.loads(result.stdout)
    assert (record["schema"], record["complete"], record["rows"]) == ("onnxcam.comparison", True, 4)
    assert record["summary"]["similarities"]["pearson"]["mean"] == 1


def test_an_unreadable_picture_is_a_finding(run: Run, tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 4)
    (data / "circle" / "broken.png").write_bytes(b"")
    result = run("compare", MODEL, MODEL, data, *OPTIONS)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1].startswith("  circle/broken.png: ")
