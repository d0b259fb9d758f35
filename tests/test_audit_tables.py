"""The README's tables of metrics and data sets hold what audits know."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_the_readme_has_what_the_script_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module("audit_tables")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert script.readme(text) == text
    assert script.readme(text.replace("| `pointing-game` |", "| `pointing` |")) == text
