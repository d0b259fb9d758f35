"""What goes wrong when a model is shipped: the same weights with their preprocessing folded in, rightly and wrongly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from click.testing import CliRunner, Result
from onnx import helper, numpy_helper

from onnxcam.cli.main import cli
from tests.auditing.pictures import MODEL, OPTIONS, ROOT, write_pictures

junitparser = pytest.importorskip("junitparser", reason="reads JUnit's XML independently, of onnxcam[dev]")

POLICY = """
[[compare]]
name = "shipped"
first = "{first}"
second = "{second}"
dataset = "data"
preprocess = "{preprocess}"
second_preprocess = "plain.json"
labels = "{labels}"
provider = "cpu"
require = [
    "agreement >= 0.99",
    "drift <= 0.05",
    "pearson >= 0.98 on 95 % of pictures",
]
"""
MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def with_nodes(mean: tuple[float, ...], std: tuple[float, ...], scale: float = 1.0) -> onnx.ModelProto:
    """The model with (scale x - mean) / std as its first nodes."""
    model = onnx.load(MODEL)
    (first,) = (node for node in model.graph.node if "input" in node.input)
    first.input[0] = "normalised"
    constants = {"scale": [scale], "mean": mean, "std": std}
    for name, values in constants.items():
        array = np.array(values, np.float32).reshape(1, -1, 1, 1)
        model.graph.initializer.append(numpy_helper.from_array(array, f"folded.{name}"))
    chain = (
        ("Mul", "input", "scale", "scaled"),
        ("Sub", "scaled", "mean", "centred"),
        ("Div", "centred", "std", "normalised"),
    )
    for place, (operator, given, constant, result) in enumerate(chain):
        model.graph.node.insert(place, helper.make_node(operator, [given, f"folded.{constant}"], [result]))
    return model


def with_kernel(mean: tuple[float, ...], std: tuple[float, ...]) -> onnx.ModelProto:
    """The model with the preprocessing in its first Conv's weights: w / std, and b - sum of w mean / std."""
    model = onnx.load(MODEL)
    weight, bias = first_weights(model)
    scaled = numpy_helper.to_array(weight).astype(np.float64) / np.reshape(std, (1, 3, 1, 1))
    moved = numpy_helper.to_array(bias) - (scaled * np.reshape(mean, (1, 3, 1, 1))).sum((1, 2, 3))
    for tensor, array in ((weight, scaled), (bias, moved)):
        tensor.CopyFrom(numpy_helper.from_array(array.astype(np.float32), tensor.name))
    return model


def swapped(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model for BGR."""
    weight, _ = first_weights(model)
    weight.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weight)[:, ::-1].copy(), weight.name))
    return model


def first_weights(model: onnx.ModelProto) -> list[onnx.TensorProto]:
    """Of the first Conv."""
    conv = next(node for node in model.graph.node if node.op_type == "Conv")
    tensors = {one.name: one for one in model.graph.initializer}
    return [tensors[name] for name in conv.input[1:]]


WRONG = {
    "forgotten": lambda: with_nodes((0, 0, 0), (1, 1, 1)),
    "another network's, as nodes, for 0 to 255": lambda: with_nodes(*IMAGENET, 1 / 255),
    "another network's, in the first Conv, in the wrong unit": lambda: with_kernel(tuple(255 * m for m in MEAN), STD),
    "twice": lambda: with_nodes((0.5 + 0.25 * 0.5,) * 3, (0.25 * 0.25,) * 3),
    "channels swapped": lambda: swapped(with_nodes(MEAN, STD)),
}


@pytest.fixture
def gate(tmp_path: Path) -> Callable[[onnx.ModelProto], Result]:
    """Runs the gate on a model that takes pictures in 0 to 1."""
    write_pictures(tmp_path / "data", 20)
    plain = json.loads((ROOT / "preprocess.json").read_text()) | {"mean": [0, 0, 0], "std": [1, 1, 1]}
    (tmp_path / "plain.json").write_text(json.dumps(plain))

    def run(model: onnx.ModelProto) -> Result:
        onnx.save(model, tmp_path / "shipped.onnx")
        names = {name: Path(OPTIONS[name]).as_posix() for name in ("preprocess", "labels")}
        text = POLICY.format(first=MODEL.as_posix(), second="shipped.onnx", **names)
        (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
        options = ["-o", tmp_path / "check", "--no-report", "--junit", tmp_path / "junit.xml"]
        return CliRunner().invoke(cli, ["check", *map(str, [tmp_path / "policy.toml", *options])])

    return run


def suite_of(path: Path) -> Any:
    """The one run, as JUnit's readers see it."""
    (suite,) = junitparser.JUnitXml.fromfile(str(path))
    return suite


def test_preprocessing_that_is_folded_in_rightly_passes(
    gate: Callable[[onnx.ModelProto], Result], tmp_path: Path
) -> None:
    result = gate(with_nodes(MEAN, STD))
    assert result.exit_code == 0, result.output
    suite = suite_of(tmp_path / "junit.xml")
    assert (suite.name, suite.tests, suite.failures, suite.errors) == ("shipped", 4, 0, 0)
    assert all(case.is_passed for case in suite)


@pytest.mark.parametrize("name", WRONG)
def test_a_mis_export_fails_with_a_file_that_others_read(
    gate: Callable[[onnx.ModelProto], Result], name: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    result = gate(WRONG[name]())
    lines = [line.removeprefix("MISSED  shipped: ") for line in result.stdout.splitlines() if "MISSED" in line]
    figure(f"{name}: {'; '.join(lines)}")
    assert result.exit_code == 1, result.output
    suite = suite_of(tmp_path / "junit.xml")
    failed = {case.name: case.result[0] for case in suite if not case.is_passed}
    assert (suite.tests, suite.failures) == (4, len(failed))
    assert "pearson >= 0.98 on 95 % of pictures" in failed
    assert [one.message for one in failed.values()] == lines
    assert all(isinstance(one, junitparser.Failure) for one in failed.values())
