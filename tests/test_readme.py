"""What the README shows is what happens: its commands run, print what it says, and its Python runs."""

from __future__ import annotations

import itertools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import needed_runtime

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", TEXT, flags=re.MULTILINE | re.DOTALL)


def shown_after(language: str, start: str = "") -> list[tuple[str, str]]:
    """Each block of a language that starts so, and the text that is shown after it."""
    found = []
    for position, (own, block) in enumerate(BLOCKS):
        if own == language and block.startswith(start):
            following = itertools.takewhile(lambda one: one[0] == "text", BLOCKS[position + 1 :])
            found.append((block, "".join(text for _, text in following)))
    return found


COMMANDS = [(block.replace("\\\n", " "), shown) for block, shown in shown_after("sh", "onnxcam ")]
PROGRAMS = shown_after("python")


def blurred(text: str) -> list[str]:
    """The lines without what differs between machines: fractions, counts of bytes, and the build of ONNX Runtime."""
    lines = [re.sub(r"\d+\.\d+(\.\d+|e[-+]\d+)?|\d{1,3}(,\d{3})+", "#", line).rstrip() for line in text.splitlines()]
    return [line for line in lines if line and "runtime   " not in line]


def missing(shown: str, printed: str) -> list[str]:
    """The lines that are shown and were not printed."""
    found = blurred(printed)
    return [line for line in blurred(shown) if line not in found]


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "onnxcam", *shlex.split(command)[1:]]
    return subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "models").symlink_to(ROOT / "models")
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), COMMANDS, ids=[c.split("\n")[0] for c, _ in COMMANDS])
def test_a_command_prints_what_is_shown(checkout: Path, command: str, shown: str) -> None:
    if "--web" in command:
        (checkout / "node_modules").symlink_to(needed_runtime().parents[1])
    done = run(command, checkout)
    assert done.returncode == 0, done.stderr
    assert missing(shown, done.stdout + done.stderr) == []


@pytest.mark.parametrize(("program", "shown"), PROGRAMS, ids=["explain", "run what is exported"])
def test_a_program_prints_what_is_shown(checkout: Path, program: str, shown: str) -> None:
    for command, _ in COMMANDS:  # the file that it reads
        if (name := re.search(r"-o (\S+\.onnx)", command)) and name[1] in program:
            run(command, checkout)
    line = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(line, cwd=checkout, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert shown
    assert missing(shown, done.stdout) == []


def test_scripts_that_are_named_exist_and_can_be_run() -> None:
    named = {line.split()[0] for language, block in BLOCKS if language == "sh" for line in block.splitlines()}
    scripts = {name for name in named if name.startswith("scripts/")}
    assert scripts == {"scripts/demo", "scripts/test"}
    assert all(os.access(ROOT / name, os.X_OK) for name in scripts)


def test_links_lead_somewhere() -> None:
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", TEXT) if not target.startswith("https://")]
    assert targets
    assert all((ROOT / target).exists() for target in targets)
