"""`onnxcam targets` lists what the registry says."""

from __future__ import annotations

import json

from onnxcam.targets import SPELLINGS, Target, resolve_target
from tests.cli.conftest import Run


def test_text_and_json_list_every_spelling(run: Run) -> None:
    result = run("targets")
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(run("targets", "--json").stdout)
    assert [one["example"] for one in found][3:] == [one.example for one in SPELLINGS]
    assert all(one["example"] in result.stdout and one["meaning"] in result.stdout for one in found)


def test_every_example_without_a_file_is_a_target() -> None:
    for one in SPELLINGS:
        if ".png" not in one.example:
            assert isinstance(resolve_target(one.example, ("circle", "star", "heart")), Target), one.example
