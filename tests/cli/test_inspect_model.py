"""`onnxcam inspect` says what it can of everything that is a model."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from onnxcam.cli import findings
from tests.cli.conftest import Run
from tests.cli.models import KERNEL, NO_CONVOLUTION, NO_FLOAT_PATH, NO_RULE, PART_ROUNDED, write


def test_text_tells_what_would_be_explained_and_why(run: Run, model: Path) -> None:
    result = run("inspect", model)
    assert (result.exit_code, result.stderr) == (0, "")
    for part in (
        "image: float32 [?, 3, 8, 8], NCHW",
        "probabilities: float32 [N, 3]",
        "ai.onnx 17 (IR version 8)",
        "3: cat, dog, bird",
        "'imagenet' is assumed",
        "'logits', which stands before Softmax",
        "it is the last convolution, and all of the space goes through it",
        "no rule   from the layer to the score: none",
        "* -1  Conv",
    ):
        assert part in result.stdout


def test_json_has_a_schema_version_and_the_same_facts(run: Run, model: Path) -> None:
    found = json.loads(run("inspect", model, "--json").stdout)
    assert (found["schema"], found["schema_version"], found["opset"]) == ("onnxcam.inspection", 1, {"ai.onnx": 17})
    assert found["inputs"] == [{"name": "image", "dtype": "float32", "shape": [None, 3, 8, 8], "layout": "NCHW"}]
    assert (found["score"]["name"], found["layer"]["name"]) == ("logits", "features")
    assert [one["layer"] for one in found["candidates"]] == ["features"]
    assert found["without_rule"] == {"from_first_candidate": {}, "from_layer": {}}
    assert (found["classes"]["names"], found["missing"]) == (["cat", "dog", "bird"], [])


@pytest.mark.parametrize(
    ("text", "missing"),
    [(NO_CONVOLUTION, "no convolution"), (NO_FLOAT_PATH, "no float score")],
    ids=["no convolution", "no float path"],
)
def test_a_model_without_a_default_is_no_error(run: Run, tmp_path: Path, text: str, missing: str) -> None:
    write(tmp_path / "model.onnx", text)
    result = run("inspect", "model.onnx")
    assert (result.exit_code, result.stderr) == (0, "")
    assert missing in result.stdout
    found = json.loads(run("inspect", "model.onnx", "--json").stdout)
    assert found["layer"] is None
    assert missing in found["missing"][0]


def test_operators_without_a_rule_are_counted(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "model.onnx", NO_RULE, KERNEL)
    monkeypatch.setattr(findings, "unruled", lambda model, ys, xs: [n for n in model.graph if n.op_type == "Det"] * 2)
    result = run("inspect", "model.onnx")
    assert result.exit_code == 0
    assert "no rule   from the layer to the score: Det (2)" in result.stdout
    assert "no rule   from the first candidate to the score: Det (2)" in result.stdout


def test_onnx_runtime_is_not_needed(run: Run, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    result = run("inspect", model)
    assert result.exit_code == 0
    assert "ONNX Runtime is not installed. Install onnxcam[cpu]" in result.stdout


def test_a_layer_can_be_asked_for(run: Run, model: Path) -> None:
    found = json.loads(run("inspect", model, "--layer", "active", "--output-name", "probabilities", "--json").stdout)
    assert (found["layer"]["name"], found["score"]["name"]) == ("active", "probabilities")


def test_names_from_the_file_cannot_move_the_cursor(run: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "model.onnx", NO_CONVOLUTION)
    path.write_bytes(path.read_bytes().replace(b"dense", b"dense").replace(b"\x01x", b"\x01\x1b"))
    result = run("inspect", "model.onnx")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


def test_it_tells_where_a_part_of_the_gradient_ends(run: Run, tmp_path: Path) -> None:
    write(tmp_path / "model.onnx", PART_ROUNDED, KERNEL)
    assert "ends      a part of the gradient, at Round at node 'r'" in run("inspect", "model.onnx").stdout
    assert json.loads(run("inspect", "model.onnx", "--json").stdout)["gradient_ends"] == ["Round at node 'r'"]
