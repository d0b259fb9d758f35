"""`onnxcam check`: exit codes, the table, the files."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.auditing.pictures import ROOT
from tests.cli.conftest import Run

POLICY = ROOT / "policy.toml"


def test_the_bundled_models_pass_and_files_are_written(run: Run, tmp_path: Path) -> None:
    result = run("check", POLICY, "--junit", "a.xml", "--json", "a.json", "--sarif", "a.sarif")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[-1] == "all demands hold"
    assert all(line.startswith("passed  ") for line in lines[:-1])
    assert ET.parse(tmp_path / "a.xml").getroot().get("failures") == "0"
    assert json.loads((tmp_path / "a.json").read_text())["passed"] is True
    assert json.loads((tmp_path / "a.sarif").read_text())["version"] == "2.1.0"


def test_a_missed_demand_is_exit_code_1(run: Run, tmp_path: Path) -> None:
    text = POLICY.read_text().replace("accuracy >= 0.9", "accuracy >= 1.5").replace('"shapes-', f'"{ROOT}/shapes-')
    text = text.replace('"pictures"', f'"{ROOT}/pictures"').replace('"preprocess.json"', f'"{ROOT}/preprocess.json"')
    (tmp_path / "p.toml").write_text(text.replace('"labels.txt"', f'"{ROOT}/labels.txt"'))
    result = run("check", "p.toml")
    assert result.exit_code == 1
    assert "MISSED  shapes: the mean of accuracy is 1, demanded is >= 1.5" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 of 8 demands are missed"
    again = run("check", "p.toml", "--github")
    assert again.exit_code == 1
    assert again.stdout.startswith("::error file=p.toml,line=10,")


def test_a_policy_error_is_exit_code_2_in_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text("[[audit]]\nname = 3\n")
    result = run("check", "p.toml")
    assert result.exit_code == 2
    assert result.stderr.startswith("onnxcam: the policy 'p.toml', line 1: this audit has no 'require'")
    assert len(result.stderr.splitlines()) == 1
