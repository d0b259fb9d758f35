"""`onnxcam demo` runs on the bundled files, and can be run again."""

from __future__ import annotations

import json
from pathlib import Path

from onnxcam.cli.run_demo import find_models
from tests.cli.conftest import Run


def test_demo_finds_the_objects_and_runs_again(run: Run) -> None:
    count = len(json.loads((find_models() / "pictures" / "index.json").read_text(encoding="utf-8")))
    for _ in range(2):
        result = run("demo")
        assert result.exit_code == 0, result.stderr
        assert len(result.stdout.splitlines()) == count + 1
        assert f"{count} of {count} classes are right" in result.stderr
    assert len(list(Path("onnxcam-demo").glob("*.png"))) == count
    assert json.loads(Path("onnxcam-demo/explanations.json").read_text(encoding="utf-8"))["complete"]


def test_demo_without_its_models_says_so(run: Run, monkeypatch: object) -> None:
    from onnxcam.cli import run_demo

    monkeypatch.setattr(run_demo, "MODEL", "none.onnx")  # type: ignore[attr-defined]
    result = run("demo")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "the bundled models are missing" in result.stderr
