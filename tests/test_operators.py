"""The tables of operators in README.md and docs/operators.md are those that `scripts/support_table.py` writes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from types import ModuleType

import onnx
import pytest

from onnxcam.autodiff import Row, table

ROOT = Path(__file__).parents[1]
ROWS = [
    Row("", "Clip", 6, "zero"),
    Row("", "Clip", 11, "rule"),
    Row("", "Clip", 13, "rule"),
    Row("", "Conv", 1, "rule"),
    Row("com.microsoft", "FusedConv", 1, "expansion"),
]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("support_table")


def test_the_documents_are_what_is_written(script: ModuleType) -> None:
    """With an older onnx there are fewer operators; a newer one asks for the script to be run again."""
    document = script.OPERATORS.read_text(encoding="utf-8")
    newest = int(re.findall(r"from opset 7 to (\d+)", document)[0])
    if onnx.defs.onnx_opset_version() < newest:
        pytest.skip(f"the documents tell of opset {newest}, which this onnx does not know")
    text = script.README.read_text(encoding="utf-8")
    told = "run scripts/support_table.py"
    assert script.readme(text, table()) == text, told
    assert script.listing(table()) == document, told


def test_every_operator_is_named(script: ModuleType) -> None:
    named = set(re.findall(r"\w+", script.listing(table())))
    assert {row.op_type for row in table()} <= named


def test_an_operator_of_two_kinds_is_named_twice_with_the_versions(script: ModuleType) -> None:
    paragraphs = script.listing(ROWS).split("## ai.onnx\n\n")[1].split("\n\n")
    assert paragraphs == [
        "**rule** (2): Clip (from version 11), Conv.",
        "**zero** (1): Clip (from version 6).",
        "## com.microsoft",
        "**expansion** (1): FusedConv.\n",
    ]
    assert script.summary(ROWS).splitlines()[2:] == ["| ai.onnx | 2 |  | 1 |  |", "| com.microsoft |  | 1 |  |  |"]
