"""The page's folder: what is in it, and what is refused before anything is written."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from onnxcam.errors import InputError
from onnxcam.exporting.web import write_page
from onnxcam.exporting.web.runtime_files import RUNTIME_FILES
from onnxcam.imaging import Preprocess, heatmap
from tests.exporting.web.stand_in import PICTURES, config_of


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    """Something in the place of onnxruntime-web's files."""
    dist = tmp_path / "onnxruntime-web" / "dist"
    dist.mkdir(parents=True)
    for name in (*RUNTIME_FILES, "ort.all.min.js"):
        (dist / name).write_text(name, encoding="utf-8")
    (dist.parent / "package.json").write_text('{"name": "onnxruntime-web", "version": "9.9.9"}', encoding="utf-8")
    return dist


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "any.onnx"
    path.write_bytes(b"model")
    return path


def test_the_folder_holds_all_that_the_page_needs_and_no_more(tmp_path: Path, model: Path, runtime: Path) -> None:
    written = write_page(tmp_path / "a" / "page", model, config_of(), runtime)
    folder = tmp_path / "a" / "page"
    assert written[0] == folder / "index.html"
    assert sorted(written) == sorted(path for path in folder.rglob("*") if path.is_file())
    assert {path.name for path in (folder / "runtime").iterdir()} == set(RUNTIME_FILES)
    assert (folder / "model.onnx").read_bytes() == b"model"
    assert {path.suffix for path in folder.iterdir()} == {".html", ".css", ".js", ".json", ".onnx", ""}


def test_the_configuration_says_what_the_page_cannot_know(tmp_path: Path, model: Path, runtime: Path) -> None:
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "one.bin").write_bytes(b"123")
    config = config_of(preprocess=Preprocess(resize="letterbox", pad=(1, 2, 3)), colormap="viridis", alpha=0.3)
    page = tmp_path / "page"
    write_page(page, model, config, runtime, weights=["w/one.bin"], samples=[PICTURES / "star-0.png"])
    told = json.loads((page / "config.json").read_text(encoding="utf-8"))
    assert told["files"] == {
        "model": "model.onnx",
        "bytes": 8,
        "weights": [{"location": "w/one.bin", "file": "weights/w/one.bin"}],
        "samples": [{"file": "samples/1-star-0.png", "name": "star-0.png"}],
        "runtime": f"runtime/{RUNTIME_FILES[0]}",
        "runtime_version": "9.9.9",
    }
    assert (page / "weights" / "w" / "one.bin").read_bytes() == b"123"
    assert (page / "samples" / "1-star-0.png").read_bytes() == (PICTURES / "star-0.png").read_bytes()
    assert told["preprocess"]["resize"] == "letterbox"
    assert told["preprocess"]["pad"] == [1, 2, 3]
    assert told["alpha"] == 0.3
    expected = heatmap(np.linspace(0, 1, 256, dtype=np.float32)[None], "viridis")
    assert told["colours"] == expected.ravel().tolist()


def test_a_folder_is_not_written_over_unasked(tmp_path: Path, model: Path, runtime: Path) -> None:
    write_page(tmp_path / "page", model, config_of(), runtime)
    model.write_bytes(b"another")
    with pytest.raises(InputError, match=r"index\.html' exists, and \d+ more\. Overwrite with --force"):
        write_page(tmp_path / "page", model, config_of(), runtime)
    assert (tmp_path / "page" / "model.onnx").read_bytes() == b"model"
    (tmp_path / "page" / "own.txt").write_text("stays", encoding="utf-8")
    write_page(tmp_path / "page", model, config_of(), runtime, is_forced=True)
    assert (tmp_path / "page" / "model.onnx").read_bytes() == b"another"
    assert (tmp_path / "page" / "own.txt").exists()
    assert not [path for path in (tmp_path / "page").rglob(".*")]


def test_a_model_that_is_there_already_stays(tmp_path: Path, model: Path, runtime: Path) -> None:
    (tmp_path / "page").mkdir()
    own = model.rename(tmp_path / "page" / "model.onnx")
    write_page(tmp_path / "page", own, config_of(), runtime, is_forced=True)
    assert own.read_bytes() == b"model"


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path, model: Path, runtime: Path) -> None:
    with pytest.raises(InputError, match="missing.onnx' cannot be read: No such file"):
        write_page(tmp_path / "page", tmp_path / "missing.onnx", config_of(), runtime)
    assert not (tmp_path / "page").exists()
    with pytest.raises(InputError, match="cannot write .*: Not a directory"):
        write_page(model / "page", model, config_of(), runtime)
    with pytest.raises(InputError, match="'lost.png' cannot be read: No such file"):
        write_page(tmp_path / "page", model, config_of(), runtime, samples=[Path("lost.png")])
    with pytest.raises(InputError, match="unknown colour map 'jett'"):
        write_page(tmp_path / "page", model, config_of(colormap="jett"), runtime)
    assert not (tmp_path / "page").exists()


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/passwd", "a/../../b"])
def test_weights_lie_below_the_model(tmp_path: Path, model: Path, runtime: Path, location: str) -> None:
    with pytest.raises(InputError, match="outside of the model's folder"):
        write_page(tmp_path / "page", model, config_of(), runtime, weights=[location])
