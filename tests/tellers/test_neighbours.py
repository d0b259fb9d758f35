"""Files beside a model are a stranger's: damaged, huge and linked ones give a note and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onnxcam.tellers.neighbours import SIZE_LIMIT, Neighbours


def test_files_are_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('\ufeff{"b": 1}', encoding="utf-8")
    beside = Neighbours(tmp_path / "model.onnx")
    assert beside.json("a.json") == {"b": 1}
    (tmp_path / "a.json").unlink()
    assert beside.json("a.json") == {"b": 1}
    assert (beside.json("none.json"), beside.notes) == (None, [])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "it is not UTF-8 text"),
        (b"{", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"1" * 5000, "it is not JSON"),
        (b"[1]", "it holds no JSON object"),
        (b" " * (SIZE_LIMIT + 1), "it has more than 8 MiB"),
    ],
    ids=["bytes", "cut off", "deep", "long number", "list", "huge"],
)
def test_damaged_files_give_one_note(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "a.json").write_bytes(content)
    beside = Neighbours(tmp_path / "model.onnx")
    assert (beside.json("a.json"), beside.json("a.json")) == (None, None)
    assert beside.notes == [f"'a.json' beside the model is not used: {why}"]


def test_what_is_no_file_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    os.mkfifo(tmp_path / "b.json")
    beside = Neighbours(tmp_path / "model.onnx")
    assert (beside.text("a.json"), beside.text("b.json"), beside.notes) == (None, None, [])


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text('{"a": 1}')
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "a.json").symlink_to("../secret.json")
    beside = Neighbours(folder / "model.onnx")
    assert (beside.json("a.json"), "a link out of" in beside.notes[0]) == (None, True)


@pytest.mark.parametrize("sub", [".", "onnx"])
def test_a_cache_of_links_is_read(tmp_path: Path, sub: str) -> None:
    folder = tmp_path / "models--a--b" / "snapshots" / "0123"
    (folder / sub).mkdir(parents=True)
    blobs = tmp_path / "models--a--b" / "blobs"
    blobs.mkdir()
    (blobs / "4567").write_text('{"a": 1}')
    (folder / "a.json").symlink_to("../../blobs/4567")
    assert Neighbours(folder / sub / "model.onnx").json("a.json") == {"a": 1}


def test_one_level_up_is_read_only_from_a_folder_called_onnx(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}')
    for name in ("onnx", "other"):
        (tmp_path / name).mkdir()
    assert Neighbours(tmp_path / "onnx" / "model.onnx").json("a.json") == {"a": 1}
    assert Neighbours(tmp_path / "other" / "model.onnx").json("a.json") is None
    (tmp_path / "onnx" / "a.json").write_text('{"a": 2}')
    assert Neighbours(tmp_path / "onnx" / "model.onnx").json("a.json") == {"a": 2}
