"""A format is told by what lies there; where none is, the error says what was looked for and what was found."""

from __future__ import annotations

import dataclasses
import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

from onnxcam.datasets import Record, dataset_format, format_cards, format_names, open_dataset
from onnxcam.datasets.registry import CARDS, FORMATS
from onnxcam.errors import InputError
from tests.datasets.files import keys, write_json, write_picture, write_text

MODELS = Path(__file__).parents[2] / "models"

BOX = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox>"
XML = f"<annotation><object><name>a</name>{BOX}</object></annotation>"


def make_pictures(root: Path) -> None:
    write_picture(root / "a.png")


def make_class_folders(root: Path) -> None:
    write_picture(root / "cat/a.png")
    write_picture(root / "dog/a.png")


def make_manifest(root: Path) -> None:
    write_picture(root / "a.png")
    write_text(root / "manifest.csv", "path,label", "a.png,cat")


def make_voc(root: Path) -> None:
    write_picture(root / "a.png")
    write_text(root / "a.xml", XML)


def make_coco(root: Path) -> None:
    write_picture(root / "a.png")
    box = {"image_id": 1, "category_id": 1, "bbox": [0, 0, 1, 1]}
    write_json(
        root / "all.json",
        {"images": [{"id": 1, "file_name": "a.png"}], "annotations": [box], "categories": [{"id": 1, "name": "cat"}]},
    )


def make_yolo(root: Path) -> None:
    write_picture(root / "a.png")
    write_text(root / "a.txt", "0 0.5 0.5 0.5 0.5")


MAKERS = {
    "class-folders": make_class_folders,
    "coco": make_coco,
    "manifest": make_manifest,
    "pictures": make_pictures,
    "voc": make_voc,
    "yolo": make_yolo,
}


def test_every_format_has_a_maker_here() -> None:
    assert tuple(sorted(MAKERS)) == format_names()


@pytest.mark.parametrize("format", MAKERS)
def test_what_lies_there_tells_the_format(tmp_path: Path, format: str) -> None:
    MAKERS[format](tmp_path)
    told, named = open_dataset(tmp_path), open_dataset(str(tmp_path), format)
    assert told.format == named.format == format
    records = list(told)
    assert records
    assert records == list(named) == list(told)  # any number of times
    assert len(told) == told.count == len(records)
    assert len(set(keys(records))) == len(records)
    assert all((told.root / record.key).samefile(record.path) for record in records)
    assert list(pickle.loads(pickle.dumps(told))) == records
    json.dumps([dataclasses.asdict(record) for record in records])


@pytest.mark.parametrize("card", format_cards(), ids=lambda card: card.name)
def test_every_format_says_what_it_reads(card: object) -> None:
    assert card.summary.endswith(".")  # type: ignore[attr-defined]
    assert card.told_by  # type: ignore[attr-defined]


def test_formats_known_apart_by_nothing_must_be_chosen(tmp_path: Path) -> None:
    make_voc(tmp_path)
    make_yolo(tmp_path)
    with pytest.raises(
        InputError, match=r"annotations of voc and yolo\. Choose a format \(--dataset-format\)"
    ) as caught:
        open_dataset(tmp_path)
    assert caught.value.formats == ["voc", "yolo"]
    assert open_dataset(tmp_path, "voc").format == "voc"
    assert open_dataset(tmp_path, "pictures").format == "pictures"


def test_what_is_no_data_set_is_an_error_that_says_what_was_found(tmp_path: Path) -> None:
    write_text(tmp_path / "a.npy", "")
    write_text(tmp_path / "b.npy", "")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"Looked for .*voc: XML files .*Found 2 files ending in '\.npy', 1 folders"):
        open_dataset(tmp_path)
    with pytest.raises(InputError, match="Found an empty folder"):
        open_dataset(tmp_path / "empty")
    with pytest.raises(InputError, match=r"Found a file ending in '\.npy'"):
        open_dataset(tmp_path / "a.npy")
    with pytest.raises(InputError, match=r"Looked for yolo: images/ and [^:]*data\.yaml\. Found"):
        open_dataset(tmp_path, "yolo")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder .*nowhere"):
        open_dataset(tmp_path / "nowhere")


def test_an_unknown_format_is_an_error_that_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'cocoo'.* Did you mean 'coco'"):
        open_dataset(tmp_path, "cocoo")
    with pytest.raises(InputError, match="Known: auto, class-folders, coco"):
        open_dataset(tmp_path, "xyz")


def test_a_folder_that_may_not_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        open_dataset(tmp_path, "pictures")
    monkeypatch.setattr("os.listdir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        open_dataset(tmp_path)


@pytest.fixture
def registered() -> Iterator[str]:
    """A format of the test's own."""
    yield "toy"
    FORMATS.pop("toy", None)
    CARDS.pop("toy", None)


def test_a_format_is_registered_unchanged_and_once(registered: str) -> None:
    def toy(path: Path) -> None:
        """Nothing."""

    assert dataset_format(registered, told_by="nothing")(toy) is toy
    with pytest.raises(ValueError, match="'toy' is registered twice"):
        dataset_format(registered, told_by="nothing")(toy)
    with pytest.raises(ValueError, match="'auto' is registered twice"):
        dataset_format("auto", told_by="nothing")(toy)


def test_the_bundled_pictures_come_with_labels_and_masks() -> None:
    data = open_dataset(MODELS / "pictures")
    assert (data.format, len(data)) == ("manifest", 10)
    assert [record.label for record in data][:3] == ["circle", "triangle", "square"]
    assert data.notes == ("'index.json' has columns that are not used: 'class_index'",)
    areas = [record.regions[0].area(96, 96).mean() for record in data if "large" not in record.key]
    assert all(0.02 < area < 0.5 for area in areas)
    assert isinstance(next(iter(data)), Record)
