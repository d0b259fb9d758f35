"""`onnxcam methods` lists what the registry says."""

from __future__ import annotations

import json
import sys

import pytest

from onnxcam.cam import MethodCard, method_cards, method_names
from onnxcam.cli.list_methods import tell
from tests.cli.conftest import Run


def test_json_is_a_list_of_cards_and_nothing_else(run: Run) -> None:
    result = run("methods", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert [one["name"] for one in found] == list(method_names())
    assert [MethodCard(**one) for one in found] == list(method_cards())


def test_text_has_two_lines_for_each(run: Run) -> None:
    result = run("methods")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.split()[0] for line in result.stdout.splitlines()[::2]] == list(method_names())


def test_columns_are_aligned() -> None:
    cards = [MethodCard("a", "One.", "Somebody, 2001."), MethodCard("long", "Two.", "Others, 2002.")]
    assert list(tell(cards)) == ["a     One.", "      Somebody, 2001.", "long  Two.", "      Others, 2002."]


def test_the_help_of_explain_names_every_method(run: Run) -> None:
    shown = "".join(run("explain", "--help").stdout.split())
    assert f"[{'|'.join(method_names())}]" in shown
    assert "onnxcammethods" in shown


def test_onnx_runtime_is_not_needed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    assert run("methods").exit_code == 0
