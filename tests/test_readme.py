"""What the README shows is what happens: its commands run, print what it says, and its Python runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """Each command line of onnxcam in the README, and what is shown after it: up to two blocks of text."""
    found = []
    for position, (language, block) in enumerate(BLOCKS):
        if language == "sh" and block.startswith("onnxcam "):
            shown = []
            for following, text in BLOCKS[position + 1 :]:
                if following != "text":
                    break
                shown.append(text)
            found.append((block.replace("\\\n", " "), "".join(shown)))
    return found


def blurred(text: str) -> list[str]:
    """The lines without what differs between machines: fractions, and the build of ONNX Runtime."""
    lines = [re.sub(r"\d+\.\d+(\.\d+)?", "#", line).rstrip() for line in text.splitlines()]
    return [line for line in lines if line and "runtime   " not in line]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "models").symlink_to(ROOT / "models")
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), commands(), ids=[c.split("\n")[0] for c, _ in commands()])
def test_a_command_prints_what_is_shown(checkout: Path, command: str, shown: str) -> None:
    line = [sys.executable, "-m", "onnxcam", *shlex.split(command)[1:]]
    done = subprocess.run(line, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    printed = blurred(done.stdout + done.stderr)
    assert [wanted for wanted in blurred(shown) if wanted not in printed] == []


@pytest.mark.parametrize("block", [block for language, block in BLOCKS if language == "python"])
def test_python_runs(checkout: Path, block: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", block], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "(2, 96, 96)" in done.stdout
    assert "it is the last convolution" in done.stdout


def test_scripts_that_are_named_exist_and_can_be_run() -> None:
    named = {line.split()[0] for language, block in BLOCKS if language == "sh" for line in block.splitlines()}
    scripts = {name for name in named if name.startswith("scripts/")}
    assert scripts == {"scripts/demo", "scripts/test"}
    assert all(os.access(ROOT / name, os.X_OK) for name in scripts)


def test_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", TEXT) if not target.startswith("https://")]
    assert targets
    assert all((ROOT / target).exists() for target in targets)
