"""`onnxcam rules` lists what the registry and the standard say."""

from __future__ import annotations

import json
import sys

import pytest

from onnxcam.autodiff import Row, table
from onnxcam.cli.list_rules import tell
from tests.cli.conftest import Run


def test_json_is_a_list_of_rows_and_nothing_else(run: Run) -> None:
    result = run("rules", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert [tuple(one) for one in found] == [("domain", "op_type", "since_version", "kind")] * len(table())
    assert {"domain": "", "op_type": "Conv", "since_version": 11, "kind": "rule"} in found
    assert {"domain": "", "op_type": "Shape", "since_version": 15, "kind": "zero"} in found
    assert {"domain": "", "op_type": "And", "since_version": 7, "kind": "none"} in found
    assert {"domain": "", "op_type": "Attention", "since_version": 23, "kind": "expansion"} in found


def test_text_has_every_row(run: Run) -> None:
    result = run("rules")
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert {row.domain or "ai.onnx" for row in table()} == {line.split(":")[0] for line in lines if line[:1] > " "}
    assert [line.split() for line in lines if line.split()[:1] == ["Abs"]] == [["Abs", "rule", "since", "6,", "13"]]


def test_text_gives_each_kind_of_an_operator_a_line() -> None:
    rows = [
        Row("", "Clip", 6, "zero"),
        Row("", "Clip", 11, "rule"),
        Row("", "Clip", 13, "rule"),
        Row("com.microsoft", "FusedConv", 1, "expansion"),
    ]
    assert list(tell(rows)) == [
        "ai.onnx: 1 rule, 1 zero",
        "  Clip  zero       since 6",
        "  Clip  rule       since 11, 13",
        "",
        "com.microsoft: 1 expansion",
        "  FusedConv  expansion  since 1",
    ]


def test_onnx_runtime_is_not_needed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert run("rules").exit_code == 0
