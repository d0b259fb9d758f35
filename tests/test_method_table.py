"""The table of methods in README.md is the one that `scripts/method_table.py` writes."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from onnxcam.cam import method_cards


def test_the_readme_is_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "scripts"))
    script = importlib.import_module("method_table")
    text = script.README.read_text(encoding="utf-8")
    assert script.readme(text, method_cards()) == text, "run scripts/method_table.py"
