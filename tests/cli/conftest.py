"""What the tests of the command line share: running it, and something to run it on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from onnxcam.cli.main import cli
from onnxcam.imaging import write_png
from tests.cli.models import write_classifier

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ONNXCAM_DEBUG", raising=False)
    return lambda *arguments: CliRunner().invoke(cli, [str(a) for a in arguments])


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small classifier with the class names cat, dog and bird."""
    return write_classifier(tmp_path_factory.mktemp("models") / "model.onnx", labels="cat,dog,bird")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with five pictures of noise, a tensor of two samples, a text and a hidden file."""
    folder = tmp_path / "in"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(5):
        write_png(folder / f"noise {i}.png", rng.integers(0, 256, (10 + i, 20, 3), dtype=np.uint8))
    np.save(folder / "two.npy", rng.normal(size=(2, 3, 8, 8)).astype(np.float32))
    (folder / "notes.txt").write_text("no picture", encoding="utf-8")
    (folder / ".hidden.png").write_text("no picture either", encoding="utf-8")
    return folder
