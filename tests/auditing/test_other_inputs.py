"""Models that take more than a picture, audited, compared and checked with one value for all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import onnxcam
from onnxcam.auditing import RowMaker, Settings, audit
from onnxcam.cli.main import cli
from onnxcam.comparing import compare
from onnxcam.datasets import Record
from onnxcam.errors import InputError
from onnxcam.imaging import write_png
from onnxcam.samples import InputSpec, other_inputs
from tests.auditing.pictures import read_rows
from tests.cli.models import write

GRADED = """
<ir_version: 8, opset_import: ["" : 17]>
graded (float[N, 3, 8, 8] image, float[N, 2] AGE, float[] ZOOM) => (float[N, 4] y)
{
    features = Conv<pads = [1, 1, 1, 1]>(image, kernel)
    active = Relu(features)
    pooled = GlobalAveragePool(active)
    flat = Flatten(pooled)
    both = Concat<axis = 1>(flat, AGE)
    logits = Gemm(both, weight)
    y = Mul(logits, ZOOM)
}
"""
AGE = (0.5, -2.0)
INPUTS = {"age": AGE, "zoom": 3}


def write_model(path: Path, age: str = "age", zoom: str = "zoom") -> Path:
    rng = np.random.default_rng(0)
    weights = {"kernel": rng.standard_normal((4, 3, 3, 3)), "weight": rng.standard_normal((6, 4))}
    text = GRADED.replace("AGE", age).replace("ZOOM", zoom)
    return write(path, text, {name: one.astype(np.float32) for name, one in weights.items()})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "graded.onnx")


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    rng, folder = np.random.default_rng(1), tmp_path / "data"
    folder.mkdir()
    for number in range(3):
        write_png(folder / f"{number}.png", rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
    return folder


def expected_scores(model: Path, dataset: Path, **inputs: object) -> list[float]:
    """As `explain` finds them, one picture at a time."""
    explainer = onnxcam.Explainer(model, preprocess="unit", provider="cpu")
    arrays = {"age": np.array([AGE], np.float32), "zoom": np.array(3, np.float32), **inputs}
    return [float(explainer.explain({"image": path, **arrays}).score[0]) for path in sorted(dataset.iterdir())]


@pytest.mark.parametrize("as_file", [False, True], ids=["numbers", "file"])
def test_an_audit_feeds_them_with_every_picture(model: Path, dataset: Path, tmp_path: Path, as_file: bool) -> None:
    np.save(tmp_path / "age.npy", np.array([AGE], np.float32))
    inputs = {"age": tmp_path / "age.npy" if as_file else np.array([AGE]), "zoom": 3}
    metrics = ("deletion", "border-energy")  # the first of them runs the model again
    audit(model, dataset, tmp_path / "out", preprocess="unit", rows="jsonl", inputs=inputs, metrics=metrics)
    rows = read_rows(tmp_path / "out")
    np.testing.assert_allclose([row["score"] for row in rows], expected_scores(model, dataset), rtol=1e-5)
    assert all(row["deletion"] is not None for row in rows)
    again = audit(model, dataset, tmp_path / "out", preprocess="unit", rows="jsonl", inputs=inputs, metrics=metrics)
    assert again.resumed == 3


def test_an_audit_with_other_values_is_another(model: Path, dataset: Path, tmp_path: Path) -> None:
    options = {"preprocess": "unit", "rows": "jsonl", "has_report": False}
    audit(model, dataset, tmp_path / "out", inputs=INPUTS, **options)
    with pytest.raises(InputError, match="inputs"):
        audit(model, dataset, tmp_path / "out", inputs={**INPUTS, "zoom": 4}, **options)
    np.save(tmp_path / "age.npy", np.array([AGE], np.float32))
    of_file = {**INPUTS, "age": tmp_path / "age.npy"}
    audit(model, dataset, tmp_path / "file", inputs=of_file, **options)
    np.save(tmp_path / "age.npy", np.array([[1, 1]], np.float32))
    with pytest.raises(InputError, match="inputs"):
        audit(model, dataset, tmp_path / "file", inputs=of_file, **options)


def test_settings_with_them_are_plain_values(model: Path, dataset: Path) -> None:
    settings = Settings.of(model, inputs={"age": np.array([AGE], np.float32), "zoom": np.float64(3)}, preprocess="unit")
    assert settings.inputs == {"age": [list(AGE)], "zoom": 3.0}
    assert json.loads(json.dumps(settings.described())) == settings.described()
    paths = sorted(dataset.iterdir())
    rows = RowMaker(settings)([Record(path.name, str(path)) for path in paths])
    np.testing.assert_allclose([row["score"] for row in rows], expected_scores(model, dataset), rtol=1e-5)


def test_the_randomisation_test_keeps_them(model: Path, dataset: Path, tmp_path: Path) -> None:
    found = audit(
        model, dataset, tmp_path / "out", preprocess="unit", rows="jsonl", inputs=INPUTS, randomisation="independent"
    )
    assert found.randomisation is not None
    assert found.randomisation.pictures == 3


def test_a_comparison_feeds_both_models(model: Path, dataset: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "renamed.onnx", "years", "zoom")
    options = {"preprocess": "unit", "rows": "jsonl", "has_report": False}
    same = compare(model, model, dataset, tmp_path / "same", inputs=INPUTS, **options)
    assert same.summary.drift is not None
    assert same.summary.drift.mean == 0
    found = compare(
        model, other, dataset, tmp_path / "renamed", inputs=INPUTS, second_inputs={"years": AGE, "zoom": 3}, **options
    )
    assert found.summary.failed == 0
    assert found.summary.drift is not None
    assert found.summary.drift.mean == 0
    moved = {"years": (5, 5), "zoom": 3}
    drifting = compare(model, other, dataset, tmp_path / "moved", inputs=INPUTS, second_inputs=moved, **options)
    assert drifting.summary.drift is not None
    assert drifting.summary.drift.mean != 0
    with pytest.raises(InputError, match="no input 'age'"):
        compare(model, other, dataset, tmp_path / "wrong", inputs=INPUTS, **options)


POLICY = """
[[audit]]
name = "graded"
model = "graded.onnx"
dataset = "data"
preprocess = "unit"
inputs = { age = "age.npy", zoom = 3 }
metrics = []
require = ["failed <= 0"]

[[compare]]
name = "renamed"
first = "graded.onnx"
second = "renamed.onnx"
dataset = "data"
preprocess = "unit"
inputs = { age = [0.5, -2.0], zoom = 3 }
second_inputs = { years = [[0.5, -2.0]], zoom = 3 }
require = ["pearson >= 0.999"]
"""


def test_a_policy_names_them(model: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_model(tmp_path / "renamed.onnx", "years", "zoom")
    np.save(tmp_path / "age.npy", np.array([AGE], np.float32))
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")  # paths are relative to the policy
    found = onnxcam.check(tmp_path / "policy.toml", tmp_path / "out")
    assert found.passed, found


def test_the_command_line_spells_them(model: Path, dataset: Path, tmp_path: Path) -> None:
    other = write_model(tmp_path / "renamed.onnx", "years", "zoom")
    common = ["--preprocess", "unit", "--rows", "jsonl", "--no-report", "--input", "zoom=3"]
    audited = ["audit", model, dataset, "-o", tmp_path / "out", *common, "--input", "age=0.5,-2"]
    result = CliRunner().invoke(cli, [str(one) for one in audited])
    assert result.exit_code == 0, result.output
    scores = [row["score"] for row in read_rows(tmp_path / "out")]
    np.testing.assert_allclose(scores, expected_scores(model, dataset), rtol=1e-5)
    of_second = ["--second-input", "years=0.5,-2", "--second-input", "zoom=3"]
    compared = ["compare", model, other, dataset, "-o", tmp_path / "pair", *common, "--input", "age=0.5,-2", *of_second]
    result = CliRunner().invoke(cli, [str(one) for one in compared])
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"agee": AGE, "zoom": 3}, "no input 'agee'. Did you mean 'age'"),
        ({"image": 0.5}, "'image' is the input that is explained"),
        ({"age": "none.npy"}, "no file 'none.npy' for the input 'age'"),
        ({"age": (1, 2, 3)}, r"the input 'age' takes float32 [?, 2]; 3 numbers were given"),
        ({"age": [[1, 2], [3]]}, "the input 'age' takes"),
        ({"age": None}, "numbers or a file; not None"),
    ],
    ids=["unknown", "explained", "no file", "too many", "ragged", "nothing"],
)
def test_what_does_not_fit_is_told_before_anything_is_run(
    model: Path, dataset: Path, tmp_path: Path, inputs: dict[str, object], told: str
) -> None:
    with pytest.raises(InputError) as caught:
        audit(model, dataset, tmp_path / "out", preprocess="unit", inputs=inputs)
    assert told in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("value", "is_whole"), [(2, True), (2.0, True), (2.5, False)])
def test_numbers_for_whole_ones_are_not_rounded(value: float, is_whole: bool) -> None:
    spec, main = InputSpec("steps", (1,), np.dtype(np.int64)), InputSpec("x", (None, 3), np.dtype(np.float32))
    specs = {"steps": spec, "x": main}
    if is_whole:
        np.testing.assert_array_equal(other_inputs({"steps": value}, specs, main)["steps"], np.array([2]))
        return
    with pytest.raises(InputError, match=r"the input 'steps' takes int64 \[1\]: 2.5 would be rounded"):
        other_inputs({"steps": value}, specs, main)
