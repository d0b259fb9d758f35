"""A quantised model on a processor whose sums saturate: each command says so, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

import onnxcam
from onnxcam.auditing import audit
from onnxcam.cli.main import cli
from onnxcam.comparing import compare
from onnxcam.notes import saturated
from onnxcam.runtime import saturation
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, ROOT, read_rows, write_pictures
from tests.saturation import saturates

QUANTISED = ROOT / "shapes-int8.onnx"
(NOTE,) = saturated(True)


@pytest.fixture(params=[True, False], ids=["saturates", "exact"])
def expected(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes of a quantised model on such a processor, or on another."""
    monkeypatch.setattr(saturation, "sums_saturate", lambda: request.param)
    return [NOTE] if request.param else []


def of_sums(notes: object) -> list[str]:
    assert isinstance(notes, list | tuple)
    return [note for note in notes if "saturate" in note]


def test_this_processor_is_measured() -> None:
    found = onnxcam.explain(QUANTISED, PICTURES[:1], **OPTIONS)
    assert of_sums(found.notes) == ([NOTE] if saturates() else [])


def test_an_explanation_says_it_once(expected: list[str]) -> None:
    found = onnxcam.explain(QUANTISED, PICTURES[:3], "top2", **OPTIONS)
    assert of_sums(found.notes) == expected
    assert of_sums(onnxcam.explain(MODEL, PICTURES[:1], **OPTIONS).notes) == []


def test_an_audit_says_it_in_its_rows_and_once_of_all(expected: list[str], tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 2)
    for _ in ("made", "read again"):
        found = audit(QUANTISED, data, tmp_path / "out", rows="jsonl", metrics=("border-energy",), **OPTIONS)
        assert of_sums(found.notes) == expected
    assert [of_sums(row["notes"]) for row in read_rows(tmp_path / "out")] == [expected] * 2


def test_a_comparison_says_it_of_either_model(expected: list[str], tmp_path: Path) -> None:
    data = write_pictures(tmp_path / "data", 2)
    found = compare(MODEL, QUANTISED, data, tmp_path / "out", rows="jsonl", **OPTIONS)
    assert of_sums(found.notes) == expected


def test_inspect_says_it(expected: list[str]) -> None:
    told = json.loads(CliRunner().invoke(cli, ["inspect", str(QUANTISED), "--json"]).stdout)
    on_cuda = "CUDAExecutionProvider" in told["onnxruntime"]["providers"]
    assert of_sums(told["notes"]) == ([] if on_cuda else expected)


def test_explain_narrates_it_once(expected: list[str], tmp_path: Path) -> None:
    options = ["--preprocess", OPTIONS["preprocess"], "--labels", OPTIONS["labels"], "--provider", "cpu"]
    given = ["explain", QUANTISED, *PICTURES[:3], *options, "--output", tmp_path / "out"]
    result = CliRunner().invoke(cli, [str(one) for one in given])
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count("sums of uint8 times int8 saturate") == len(expected)
