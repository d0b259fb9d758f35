"""A network that learned a tag is caught, by the shortcut search and by the gate; its clean twin passes both."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import onnxcam
from onnxcam.cli.main import cli
from tests.oracles.tagged import TAGGED, Planted, plant

pytest.importorskip("sklearn", reason="clusters of maps need scikit-learn, of onnxcam[audit]")

POLICY = """
[[audit]]
name = "shapes"
model = "model.onnx"
dataset = "pictures"
preprocess = "preprocess.json"
labels = "labels.txt"
provider = "cpu"
metrics = ["border-energy"]
require = [
    "border-energy <= 0.27 for each class",
    "corner-excess <= 0.2 on 99 % of pictures",
]
"""
SHARES = {"whole class": 1.0, "half of a class": 0.5, "clean": 0.0}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Planted]:
    """Each is trained when it is first asked for."""
    made: dict[str, Planted] = {}

    def network(name: str) -> Planted:
        if name not in made:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the exporter's own
                made[name] = plant(tmp_path_factory.mktemp(name.replace(" ", "-")), SHARES[name])
            (made[name].folder / "policy.toml").write_text(POLICY)
        return made[name]

    return network


def audited(one: Planted, folder: Path) -> onnxcam.Audit:
    told = {name: one.folder / file for name, file in (("preprocess", "preprocess.json"), ("labels", "labels.txt"))}
    options = {"rows": "jsonl", "provider": "cpu", "metrics": ("border-energy",), **told}
    return onnxcam.audit(one.folder / "model.onnx", one.folder / "pictures", folder, **options)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", ["whole class", "half of a class"])
def test_a_planted_tag_is_caught(
    networks: Callable[[str], Planted], name: str, tmp_path: Path, figure: Callable[[str], None]
) -> None:
    one = networks(name)
    found = audited(one, tmp_path / "audit")
    first = found.shortcuts.clusters[0]
    (border,) = [c.figures["border-energy"].mean for c in found.summary.classes if c.name == TAGGED]
    figure(
        f"planted tag, {name}: accuracy {one.accuracy:.2f}, without the tag {one.untagged:.2f}; cluster of "
        f"{first.size} of {first.of}, corner excess {first.corner_excess:.2f}, border energy of the class {border:.2f}"
    )
    assert one.accuracy > 0.8
    assert one.untagged < one.accuracy - 0.2  # it took the tag
    assert first.class_name == TAGGED
    assert first.is_suspicious
    assert [other.class_name for other in found.shortcuts.suspicious] == [TAGGED]
    assert all(key.endswith("-tag.png") for key in first.keys)
    corner = np.array(first.mean)[:4, 12:]
    assert corner.sum() / np.sum(first.mean) > 0.3
    rows = [json.loads(line) for line in found.rows_path.read_text().splitlines()]
    tagged = [row for row in rows if row["key"].endswith("-tag.png")]
    members = [row for row in rows if (row["label"], row["cluster"]) == (TAGGED, first.number)]
    assert sum(row in tagged for row in members) > 0.9 * max(len(members), len(tagged))


@pytest.mark.parametrize("name", ["whole class", "half of a class"])
def test_the_gate_stops_it(networks: Callable[[str], Planted], name: str, tmp_path: Path) -> None:
    one = networks(name)
    found = onnxcam.check(one.folder / "policy.toml", tmp_path / "check")
    # A class without the tag may be told by where it would be.
    missed = {(missed.demand.figure, missed.class_name) for missed in found.missed}
    assert {("border-energy", TAGGED), ("corner-excess", None)} <= missed
    (excess,) = [one for one in found.missed if one.demand.figure == "corner-excess"]
    assert all(key.endswith("-tag.png") for key in excess.examples)
    assert len(excess.examples) == 5


def test_the_clean_twin_passes(
    networks: Callable[[str], Planted], tmp_path: Path, figure: Callable[[str], None]
) -> None:
    one = networks("clean")
    found = audited(one, tmp_path / "audit")
    excesses = [max(c.corner_excess, c.border_excess) for c in found.shortcuts.clusters]
    borders = [c.figures["border-energy"].mean for c in found.summary.classes]
    figure(
        f"planted tag, clean twin: accuracy {one.accuracy:.2f}; largest excess {max(excesses):.2f}, largest border "
        f"energy of a class {max(borders):.2f}"
    )
    assert one.accuracy > 0.8
    assert found.shortcuts.suspicious == ()
    assert onnxcam.check(one.folder / "policy.toml", tmp_path / "check").passed


def test_the_command_line_says_so(networks: Callable[[str], Planted], tmp_path: Path) -> None:
    one, twin = networks("whole class").folder, networks("clean").folder
    options = (
        "--preprocess",
        one / "preprocess.json",
        "--labels",
        one / "labels.txt",
        "--rows",
        "jsonl",
        "--metric",
        "border-energy",
    )
    caught = run(
        "audit", one / "model.onnx", one / "pictures", "-o", tmp_path / "a", "--randomise", "cascading", *options
    )
    assert caught.exit_code == 0, caught.stderr
    (line,) = [line for line in caught.stdout.splitlines() if "excess" in line]
    assert line.startswith(f"  class {TAGGED}, cluster of 100 of 100 pictures: corner excess 0.")
    assert line.count("-tag.png") == 3
    assert "similarity to the maps of 16 pictures as weights are shuffled (cascading):" in caught.stdout
    clean = run("audit", twin / "model.onnx", twin / "pictures", "-o", tmp_path / "b", *options)
    assert clean.exit_code == 0, clean.stderr
    assert "excess" not in clean.stdout
    stopped = run("check", one / "policy.toml", "-o", tmp_path / "c")
    assert stopped.exit_code == 1
    assert f"MISSED  shapes: the mean of border-energy of class '{TAGGED}' is" in stopped.stdout
    assert "MISSED  shapes: corner-excess is <= 0.2 on 66.67 % of pictures, demanded are 99 %" in stopped.stdout
    passed = run("check", twin / "policy.toml", "-o", tmp_path / "d")
    assert passed.exit_code == 0, passed.stdout
    assert passed.stdout.splitlines()[-1] == "all demands hold"
