"""Folders, lists and single pictures."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from onnxcam.datasets import open_dataset
from onnxcam.errors import InputError
from tests.datasets.files import keys, write_picture, write_text


def test_a_folder_is_read_to_its_depths_in_a_stable_order(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "z/1.png", "c/d/e.webp", "c/2.bmp"):
        write_picture(tmp_path / name)
    write_text(tmp_path / "readme.md", "no picture")
    write_picture(tmp_path / ".hidden/a.png")
    write_picture(tmp_path / "z/.hidden.png")
    data = open_dataset(tmp_path, "pictures")
    assert keys(data) == ["a.JPG", "b.png", "c/2.bmp", "c/d/e.webp", "z/1.png"]
    assert data.count == 5
    assert all(record.label is None and not record.regions for record in data)


def test_a_picture_is_not_opened(tmp_path: Path) -> None:
    write_text(tmp_path / "damaged.png", "no picture")
    assert keys(open_dataset(tmp_path)) == ["damaged.png"]


def test_one_picture_is_a_data_set(tmp_path: Path) -> None:
    data = open_dataset(write_picture(tmp_path / "a b.png"))
    assert [(record.key, record.path) for record in data] == [("a b.png", str(tmp_path / "a b.png"))]
    assert data.root == tmp_path


def test_a_list_names_pictures_relative_to_itself_or_by_absolute_paths(tmp_path: Path) -> None:
    elsewhere, inside = tmp_path / "elsewhere/a.png", tmp_path / "set/sub/c.png"
    listed = write_text(
        tmp_path / "set/list.txt", "# two", "", "sub/../b.png", "  sub/a.png  ", str(elsewhere), str(inside)
    )
    data = open_dataset(listed)
    assert (data.format, data.count) == ("pictures", 4)
    assert keys(data) == ["b.png", "sub/a.png", elsewhere.as_posix(), "sub/c.png"]
    assert [record.path for record in data][1:] == [str(tmp_path / "set/sub/a.png"), str(elsewhere), str(inside)]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param("../a.png", "line 2: the file name '../a.png' leads out", id="outside"),
        pytest.param("a/../../b.png", "line 2: .* leads out", id="outside on a detour"),
        pytest.param("..\\a.png", "line 2: .* leads out", id="outside as Windows has it"),
        pytest.param("first.png", r"line 2: the picture 'first\.png' stands there already .*line 1", id="twice"),
        pytest.param("./x/../first.png", "stands there already", id="twice on a detour"),
    ],
)
def test_a_list_with_a_wrong_line_is_an_error_that_names_it(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        open_dataset(write_text(tmp_path / "list.txt", "first.png", line))


def test_a_list_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"\xff\xfea.png")
    with pytest.raises(InputError, match="is not text in UTF-8"):
        open_dataset(tmp_path / "list.txt")


def test_links_are_followed_and_a_folder_within_itself_once(tmp_path: Path) -> None:
    write_picture(tmp_path / "real/a.png")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    (root / "self").symlink_to(root, target_is_directory=True)
    (root / "broken.png").symlink_to(tmp_path / "nowhere.png")
    assert keys(open_dataset(root, "pictures")) == ["broken.png", "link/a.png"]


def test_a_name_that_is_no_text_becomes_a_key_that_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    try:
        write_picture(tmp_path / "a.png").rename(tmp_path / name)
    except OSError:
        pytest.skip("this file system takes no such names")
    (record,) = open_dataset(tmp_path)
    assert record.key == r"\xff.png"
    assert Path(record.path).is_file()
