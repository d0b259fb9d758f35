"""A folder for each class."""

from __future__ import annotations

from pathlib import Path

import pytest

from onnxcam.datasets import open_dataset
from onnxcam.errors import InputError
from tests.datasets.files import keys, write_picture


def test_a_label_is_the_name_of_the_topmost_folder(tmp_path: Path) -> None:
    for name in ("dog/a.png", "cat/old/b.png", "cat/a.png", "10/x.png"):
        write_picture(tmp_path / name)
    data = open_dataset(tmp_path)
    assert (data.format, data.count, data.labels) == ("class-folders", 4, ("10", "cat", "dog"))
    assert [(r.key, r.label) for r in data] == [
        ("10/x.png", "10"),
        ("cat/a.png", "cat"),
        ("cat/old/b.png", "cat"),
        ("dog/a.png", "dog"),
    ]
    assert "the 3 folders" in data.notes[0]


def test_folders_that_are_all_numbers_give_numbers(tmp_path: Path) -> None:
    for name in ("0/a.png", "10/a.png", "9/a.png"):
        write_picture(tmp_path / name)
    data = open_dataset(tmp_path)
    assert [(r.key, r.label) for r in data] == [("0/a.png", 0), ("10/a.png", 10), ("9/a.png", 9)]
    assert data.labels is None


@pytest.mark.parametrize("name", ["007", "٣", "-1", "1.0", "²", "9" * 30, "2147483648"])
def test_what_only_looks_like_a_number_stays_a_name(tmp_path: Path, name: str) -> None:
    write_picture(tmp_path / name / "a.png")
    write_picture(tmp_path / "1/a.png")
    assert {record.label for record in open_dataset(tmp_path)} == {"1", name}


def test_an_empty_class_counts_for_nothing(tmp_path: Path) -> None:
    for name in ("a/1.png", "b/1.png"):
        write_picture(tmp_path / name)
    (tmp_path / "empty").mkdir()
    assert open_dataset(tmp_path).labels == ("a", "b")


@pytest.mark.parametrize("names", [("only/a.png", "only/b.png"), ("cat/a.png", "dog/a.png", "loose.png")], ids=str)
def test_one_folder_or_pictures_beside_folders_are_no_classes(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        write_picture(tmp_path / name)
    data = open_dataset(tmp_path)
    assert data.format == "pictures"
    assert sorted(keys(data)) == sorted(names)


@pytest.mark.parametrize("parts", [("train", "Val"), ("images", "masks")], ids=" and ".join)
def test_parts_of_a_data_set_are_no_classes(tmp_path: Path, parts: tuple[str, str]) -> None:
    for part in parts:
        write_picture(tmp_path / part / "cat/a.png")
    with pytest.raises(InputError, match="which are no classes. Choose one of them"):
        open_dataset(tmp_path)
