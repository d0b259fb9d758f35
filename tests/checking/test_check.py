"""A policy carried out: right exports pass, wrong ones do not, and every format says so."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest

import onnxcam
from onnxcam.checking import check, read_policy
from onnxcam.checking.reports import REPORTS, report_format
from tests.auditing.pictures import MODEL, OPTIONS, ROOT, read_rows, write_pictures
from tests.comparing.test_compare import with_first_kernel

POLICY = """
baseline = "baseline.json"

[[audit]]
name = "shapes"
model = "{model}"
dataset = "data"
preprocess = "{preprocess}"
labels = "{labels}"
provider = "cpu"
require = [
    "accuracy >= 0.9",
    "{demand}",
]

[[compare]]
name = "export"
first = "{model}"
second = "{second}"
dataset = "data"
preprocess = "{preprocess}"
labels = "{labels}"
provider = "cpu"
require = ["agreement >= 0.99", "pearson >= 0.99 on 95 % of pictures"]
"""


@pytest.fixture
def write_policy(tmp_path: Path) -> object:
    write_pictures(tmp_path / "data", 8)

    def write(
        text: str = POLICY, *, demand: str = "border-energy <= 0.9", second: Path = ROOT / "shapes-dynamo.onnx"
    ) -> Path:
        filled = text.format(model=MODEL, second=second, demand=demand, **OPTIONS)
        (tmp_path / "policy.toml").write_text(filled, encoding="utf-8")
        return tmp_path / "policy.toml"

    return write


def test_right_exports_pass(write_policy, tmp_path: Path) -> None:
    found = check(write_policy(), tmp_path / "out")
    assert found.passed
    assert [(one.run, one.demand.text) for one in found.findings] == [
        ("shapes", "accuracy >= 0.9"),
        ("shapes", "border-energy <= 0.9"),
        ("shapes", "failed <= 0"),
        ("export", "agreement >= 0.99"),
        ("export", "pearson >= 0.99 on 95 % of pictures"),
        ("export", "failed <= 0"),
    ]
    assert found.missed == ()


def test_a_wrong_export_is_missed_in_every_format(write_policy, tmp_path: Path) -> None:
    wrong = with_first_kernel(tmp_path / "wrong.onnx", lambda kernel: kernel / 4)
    found = check(write_policy(second=wrong), tmp_path / "out")
    assert not found.passed
    assert [one.demand.figure for one in found.missed] == ["agreement", "pearson"]
    root = ET.fromstring(REPORTS["junit"](found))
    assert (root.get("tests"), root.get("failures")) == ("6", "2")
    assert [suite.get("failures") for suite in root] == ["0", "2"]
    (first, second) = root.iter("failure")
    assert "the mean of agreement is" in str(first.get("message"))
    assert str(second.text).count(".png") == 5
    record = json.loads(REPORTS["json"](found))
    assert (record["schema"], record["passed"]) == ("onnxcam.check", False)
    assert [one["passed"] for one in record["findings"]] == [True, True, True, False, False, True]
    (run,) = json.loads(REPORTS["sarif"](found))["runs"]
    assert [one["level"] for one in run["results"]] == ["none", "none", "none", "error", "error", "none"]
    assert [run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] for one in run["results"]] == [
        one["ruleId"] for one in run["results"]
    ]
    lines = REPORTS["github"](found).splitlines()
    line = (
        (tmp_path / "policy.toml")
        .read_text()
        .splitlines()
        .index('require = ["agreement >= 0.99", "pearson >= 0.99 on 95 % of pictures"]')
    )
    assert len(lines) == 2
    assert all(one.startswith("::error file=") and f",line={line + 1}," in one for one in lines)
    assert "95 %25" in lines[1].split("::")[2]
    # What stands between the colons is name=value, with commas between; a colon in a value would end it.
    elsewhere = dataclasses.replace(found, policy=dataclasses.replace(found.policy, path=Path("C:/a,b/policy.toml")))
    for line, one in zip(REPORTS["github"](elsewhere).splitlines(), found.missed, strict=True):
        properties = dict(part.split("=", 1) for part in line.split("::")[1].removeprefix("error ").split(","))
        assert list(properties) == ["file", "line", "title"]
        assert not any(":" in value for value in properties.values())
        assert unquote(properties["file"]) == "C:/a,b/policy.toml"
        assert unquote(properties["title"]) == f"{one.run}: {one.demand.text}"


def test_a_picture_that_cannot_be_read_is_missed_unless_the_policy_allows_it(write_policy, tmp_path: Path) -> None:
    policy = write_policy()
    (tmp_path / "data" / "star" / "broken.png").write_bytes(b"")
    assert {one.demand.text for one in check(policy, tmp_path / "out").missed} == {"failed <= 0"}
    text = policy.read_text().replace("require = [", 'require = ["failed <= 1", ')
    policy.write_text(text)
    assert check(policy, tmp_path / "out").passed


def test_a_baseline_is_written_and_held_against(write_policy, tmp_path: Path) -> None:
    policy = write_policy(demand="entropy >= baseline - 0.001")
    with pytest.raises(onnxcam.InputError, match=r"line 13: .* relative to a baseline, and there is none"):
        check(policy, tmp_path / "out")
    assert check(policy, tmp_path / "out", update_baseline=True).passed
    written = json.loads((tmp_path / "baseline.json").read_text())
    assert written["shapes"]["overall"]["accuracy"] == 1
    assert set(written["shapes"]["classes"]) == set(written["export"]["classes"]) >= {"star", "heart"}
    stars = [row["entropy"] for row in read_rows(tmp_path / "out/shapes") if row["label"] == "star"]
    assert written["shapes"]["classes"]["star"]["entropy"] == pytest.approx(sum(stars) / len(stars))
    assert check(policy, tmp_path / "out").passed
    written["shapes"]["overall"]["entropy"] += 0.01
    (tmp_path / "baseline.json").write_text(json.dumps(written))
    assert [one.demand.figure for one in check(policy, tmp_path / "out").missed] == ["entropy"]


def test_a_metric_that_is_demanded_is_measured(write_policy, tmp_path: Path) -> None:
    assert check(write_policy(), tmp_path / "out").passed
    found = check(write_policy(demand="average-drop <= 1"), tmp_path / "out")  # and what the folder holds is made anew
    assert [one.value is not None for one in found.findings if one.demand.figure == "average-drop"] == [True]


def test_a_check_is_about_the_data_of_now(write_policy, tmp_path: Path) -> None:
    policy = write_policy()
    assert check(policy, tmp_path / "out").passed
    for path in (tmp_path / "data" / "star").glob("*.png"):  # under the names of before
        path.write_bytes(next((tmp_path / "data" / "heart").glob("*.png")).read_bytes())
    assert [one.demand.figure for one in check(policy, tmp_path / "out").missed] == ["accuracy"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param("[[audit]]", "[[audit]", r"is no TOML: .*line 4", id="no TOML"),
        pytest.param("baseline =", "basline =", r"line 2: no key 'basline'. Did you mean 'baseline'\?", id="no key"),
        pytest.param("provider", "provder", r"line 10: audit has no 'provder'. Did you mean", id="key"),
        pytest.param('name = "shapes"', "", r"line 4: this audit has no 'name'", id="no name"),
        pytest.param('"shapes"', '"../shapes"', r"line 5: 'name' is letters", id="a name that is a path"),
        pytest.param('"export"', '"shapes"', r"line 16: two runs are called 'shapes'", id="two of a name"),
        pytest.param("accuracy >=", "acuracy >=", r"line 12: no figure 'acuracy'", id="no figure"),
        pytest.param("agreement >=", "accuracy >=", "line 24: no figure 'accuracy' of compare", id="other kind"),
        pytest.param("accuracy >= 0.9", "accuracy is high", "line 12: 'accuracy is high' is no", id="no demand"),
        pytest.param('provider = "cpu"', "inputs = 3", r"line 10: 'inputs' is a table", id="no table"),
        pytest.param("[[audit]]", "[audit]", r"line 4: write each audit as a table, \[\[audit\]\]", id="no array"),
    ],
)
def test_an_error_in_a_policy_names_its_line(write_policy, old: str, new: str, message: str) -> None:
    path = write_policy()
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(onnxcam.InputError, match=message):
        read_policy(path)


def test_a_policy_that_is_not_there_or_empty(tmp_path: Path) -> None:
    with pytest.raises(onnxcam.InputError, match="cannot be read: No such file"):
        read_policy(tmp_path / "none.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(onnxcam.InputError, match="names nothing to run"):
        read_policy(tmp_path / "empty.toml")


def test_a_hostile_name_stays_text(write_policy, tmp_path: Path) -> None:
    policy = write_policy(demand="border-energy <= -1 on 100 %")
    (tmp_path / "data" / "star").rename(tmp_path / "data" / "<script>\x07&]]>")
    found = check(policy, tmp_path / "out")
    assert "<script>\N{REPLACEMENT CHARACTER}&]]>" in "".join(
        str(one.text) for one in ET.fromstring(REPORTS["junit"](found)).iter("failure")
    )
    assert len(REPORTS["github"](found).splitlines()) == len(found.missed)


def test_a_format_has_one_name() -> None:
    with pytest.raises(ValueError, match="'junit' is registered twice"):
        report_format("junit")(lambda found: "")
