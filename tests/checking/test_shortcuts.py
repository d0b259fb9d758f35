"""Demands on what only a whole audit says: the excess of a picture's cluster, and the randomisation test."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

import onnxcam
from onnxcam.checking import check
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, read_rows

POLICY = """
baseline = "baseline.json"

[[audit]]
name = "shapes"
model = "{model}"
dataset = "data"
preprocess = "{preprocess}"
labels = "{labels}"
provider = "cpu"
metrics = ["border-energy"]
{more}
require = [{demands}]
"""
TEST = 'randomisation = "cascading"\nrandomised_pictures = 3'


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of 24 pictures."""
    folder = tmp_path_factory.mktemp("data")
    for number in range(48):
        label = "some" if number < 24 else "others"
        (folder / label).mkdir(exist_ok=True)
        shutil.copyfile(PICTURES[number % 3 + 4 * (number // 24)], folder / label / f"{number:02}.png")
    return folder


def write(folder: Path, dataset: Path, *demands: str, more: str = "") -> Path:
    (folder / "data").symlink_to(dataset)
    quoted = ", ".join(f'"{one}"' for one in demands)
    path = folder / "policy.toml"
    path.write_text(POLICY.format(model=MODEL, demands=quoted, more=more, **OPTIONS))
    return path


def test_an_excess_is_a_figure_of_a_picture(dataset: Path, tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="clusters of maps need scikit-learn, of onnxcam[audit]")
    demands = ("corner-excess <= -1 on 99 % of pictures", "border-excess <= 1 for each class", "corner-excess >= 2")
    found = check(write(tmp_path, dataset, *demands), tmp_path / "out")
    rows = read_rows(tmp_path / "out" / "shapes")
    share, one, other, mean, _ = found.findings
    worst = sorted(rows, key=lambda row: -row["corner-excess"])
    assert (share.value, share.examples[0]) == (0, worst[0]["key"])
    assert {one.class_name, other.class_name} == {"some", "others"}
    assert one.is_passed
    assert mean.value == pytest.approx(sum(row["corner-excess"] for row in rows) / 48)
    assert [one.demand.figure for one in found.missed] == ["corner-excess", "corner-excess"]


def test_without_scikit_learn_it_says_what_to_install_before_anything_runs(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(onnxcam.InputError, match=r'pip install "onnxcam\[audit\]"'):
        check(write(tmp_path, dataset, "corner-excess <= 0.3"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_randomisation_test_is_one_figure_of_the_audit(dataset: Path, tmp_path: Path) -> None:
    policy = write(tmp_path, dataset, "randomisation <= 0.5", "randomisation <= baseline + 0.01", more=TEST)
    found = check(policy, tmp_path / "out", update_baseline=True)
    assert found.passed
    (step, *_) = reversed(json.loads((tmp_path / "out/shapes/audit.json").read_text())["randomisation"]["steps"])
    assert [one.value for one in found.findings[:2]] == [step["spearman"]] * 2
    assert found.findings[0].message == f"randomisation is {step['spearman']:.4g}, demanded is <= 0.5"
    baseline = json.loads((tmp_path / "baseline.json").read_text())
    assert baseline["shapes"]["overall"]["randomisation"] == step["spearman"]
    assert not {"cluster", "grid"} & set(baseline["shapes"]["overall"])
    policy.write_text(policy.read_text().replace("<= 0.5", "<= -0.999"))
    assert [one.demand.text for one in check(policy, tmp_path / "out").missed] == ["randomisation <= -0.999"]


@pytest.mark.parametrize(
    ("demand", "more", "message"),
    [
        pytest.param(
            "randomisation <= 0.5", "", 'line 13: it takes the test .* randomisation = "cascading"', id="none"
        ),
        pytest.param(
            "randomisation <= 0.5", 'randomisation = "independent"', "line 13: it takes the test", id="independent"
        ),
        pytest.param("randomisation <= 0.5 for each class", TEST, "line 14: .* one number of the whole", id="class"),
        pytest.param("randomisation <= 0.5 on 9 %", TEST, "line 14: .* one number of the whole", id="share"),
        pytest.param("grid <= 0.5", "", "no figure 'grid' of audit", id="no number"),
    ],
)
def test_what_cannot_be_demanded_is_told(dataset: Path, tmp_path: Path, demand: str, more: str, message: str) -> None:
    with pytest.raises(onnxcam.InputError, match=message):
        check(write(tmp_path, dataset, demand, more=more), tmp_path / "out")
