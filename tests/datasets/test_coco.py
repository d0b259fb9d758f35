"""COCO's JSON, against pycocotools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools import mask
from pycocotools.coco import COCO

from onnxcam.datasets import Region, open_dataset
from onnxcam.errors import InputError
from tests.datasets.files import keys, write_json, write_picture, write_text

HEIGHT, WIDTH = 30, 40


def random_content(seed: int = 0) -> dict[str, Any]:
    """Three pictures, of which one has no objects, and objects of every kind."""
    generator = np.random.default_rng(seed)
    annotations: list[dict[str, Any]] = []
    for number in range(12):
        x, y, w, h = generator.uniform(1, 15, 4).tolist()
        one: dict[str, Any] = {"id": number, "image_id": 7 + number % 2, "category_id": 3 + number % 3, "iscrowd": 0}
        drawn = np.asfortranarray(np.kron(generator.random((6, 8)) > 0.6, np.ones((5, 5))).astype(np.uint8))
        packed = mask.encode(drawn)
        changes = np.flatnonzero(np.diff(np.concatenate([[0], drawn.ravel(order="F"), [2]])))
        runs = np.diff(np.concatenate([[0], changes])).tolist()
        kinds = [
            {"segmentation": [[x, y, x + w, y, x + w, y + h, x, y + h], [1, 2, 9, 3, 5, 11]]},
            {"segmentation": {"size": [HEIGHT, WIDTH], "counts": packed["counts"].decode()}},
            {"segmentation": {"size": [HEIGHT, WIDTH], "counts": runs}, "iscrowd": 1},
        ]
        annotations.append({**one, "bbox": [x, y, w, h], "area": w * h, **kinds[number // 2 % 3]})
    images = [{"id": 6 + n, "file_name": f"{n}.jpg", "height": HEIGHT, "width": WIDTH} for n in range(3)]
    names = {3: "cat", 4: "dog", 5: "<script>"}
    return {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": n, "name": name, "supercategory": "thing"} for n, name in names.items()],
    }


def small(**changes: Any) -> dict[str, Any]:
    """One picture with one object, of which `changes` are different."""
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]} | changes
    return {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [annotation],
        "categories": [{"id": 1, "name": "cat"}],
    }


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools.mask.decode
@pytest.mark.parametrize("seed", range(3))
def test_objects_are_read_as_by_pycocotools(tmp_path: Path, seed: int) -> None:
    file = write_json(tmp_path / "instances.json", random_content(seed))
    with contextlib.redirect_stdout(io.StringIO()):
        theirs = COCO(str(file))
    data = open_dataset(file)
    assert (data.format, data.count, data.labels) == ("coco", 3, ("cat", "dog", "<script>"))
    assert data.notes == ("4 of the regions in 'instances.json' are crowds: many objects in one",)
    for record, image in zip(data, theirs.loadImgs(theirs.getImgIds()), strict=True):
        expected = theirs.loadAnns(theirs.getAnnIds(image["id"]))
        assert (record.key, record.label, len(record.regions)) == (image["file_name"], None, len(expected))
        for region, annotation in zip(record.regions, expected, strict=True):
            assert region.label == theirs.loadCats(annotation["category_id"])[0]["name"]
            x, y, w, h = annotation["bbox"]
            np.testing.assert_allclose(region.box, (x, y, x + w, y + h))
            np.testing.assert_array_equal(region.area(HEIGHT, WIDTH), theirs.annToMask(annotation) == 1)


def test_a_picture_of_another_size_is_not_mistaken(tmp_path: Path) -> None:
    _, record, _ = open_dataset(write_json(tmp_path / "a.json", random_content()))
    with pytest.raises(InputError, match="annotation is of a picture of 30 x 40"):
        record.regions[0].area(WIDTH, HEIGHT)


@pytest.mark.parametrize(
    ("file", "picture", "opened"),
    [
        ("a.json", "a.jpg", "a.json"),
        ("a.json", "images/a.jpg", "a.json"),
        ("a.json", "images/a.jpg", ""),
        ("a.json", "val2017/a.jpg", ""),
        ("annotations/instances_val.json", "images/a.jpg", ""),
        ("annotations/instances_val.json", "val2017/a.jpg", "annotations/instances_val.json"),
        ("annotations/instances_val.json", "a.jpg", "annotations/instances_val.json"),
        ("annotations/instances_val.json", "annotations/a.jpg", ""),
    ],
)
def test_pictures_are_found_around_the_file(tmp_path: Path, file: str, picture: str, opened: str) -> None:
    write_picture(tmp_path / picture)
    write_picture(tmp_path / "zzz/b.jpg")
    write_json(tmp_path / file, small())
    (record,) = open_dataset(tmp_path / opened)
    assert (record.key, record.path) == (picture, str(tmp_path / picture))


def test_a_picture_that_is_not_there_has_its_record(tmp_path: Path) -> None:
    (record,) = open_dataset(write_json(tmp_path / "a.json", small()))
    assert record.path == str(tmp_path / "a.jpg")
    assert record.regions == (Region("cat", (1.0, 2.0, 4.0, 6.0)),)


def test_categories_without_names_are_numbers(tmp_path: Path) -> None:
    content = small()
    del content["categories"]
    data = open_dataset(write_json(tmp_path / "a.json", content))
    assert next(iter(data)).regions[0].label == 1
    assert data.labels is None
    assert data.notes == ("'a.json' names no categories: labels are numbers",)


def test_annotations_of_nothing_in_particular_are_left_out(tmp_path: Path) -> None:
    content = small()
    content["annotations"] = [
        {"id": 1, "image_id": 1, "caption": "a cat"},
        {"id": 2, "image_id": 1, "category_id": 1, "bbox": [], "segmentation": []},
        {"id": 3, "image_id": 99, "category_id": 1, "bbox": [1, 2, 3, 4]},
        {"id": 4, "image_id": [1], "category_id": 1, "bbox": [1, 2, 3, 4]},
    ]
    data = open_dataset(write_json(tmp_path / "a.json", content))
    assert [record.regions for record in data] == [()]
    assert data.notes == ("2 of 4 annotations in 'a.json' are of pictures that it does not list",)


def test_several_files_in_a_folder_are_an_error_and_other_json_is_not(tmp_path: Path) -> None:
    write_json(tmp_path / "annotations/train.json", small())
    write_json(tmp_path / "other.json", {"images": 3})
    assert open_dataset(tmp_path).format == "coco"
    write_json(tmp_path / "annotations/val.json", small())
    with pytest.raises(
        InputError, match=r"annotation files 'annotations/train\.json', 'annotations/val\.json'. Name one"
    ):
        open_dataset(tmp_path)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    file = write_json(tmp_path / "a.json", small())
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert keys(open_dataset(file)) == ["a.jpg"]


BROKEN_ANNOTATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "three numbers": ({"bbox": [1, 2, 3]}, "bbox .* is not x, y, width, height"),
    "words": ({"bbox": [1, 2, 3, "4"]}, "bbox .* is not x, y"),
    "negative": ({"bbox": [1, 2, -3, 4]}, "bbox .* is not x, y"),
    "infinite": ({"bbox": [1, 2, float("inf"), 4]}, "bbox .* is not x, y"),
    "truth": ({"bbox": [1, 2, True, 4]}, "bbox .* is not x, y"),
    "object": ({"bbox": {"x": 1}}, "bbox .* is not x, y"),
    "true category": ({"category_id": True}, "category_id True is not among"),
    "category": ({"category_id": 2}, "category_id 2 is not among"),
    "huge category": ({"category_id": 10**30}, "category_id 1000.* is not among"),
    "category list": ({"category_id": [1]}, r"category_id \[1\] is not among"),
    "two points": ({"segmentation": [[1, 2, 3, 4]]}, "segmentation .* is no list of outlines"),
    "odd": ({"segmentation": [[1, 2, 3, 4, 5, 6, 7]]}, "segmentation .* is no list of outlines"),
    "flat": ({"segmentation": [1, 2, 3, 4, 5, 6]}, "segmentation .* is no list of outlines"),
    "text": ({"segmentation": "x" * 500}, "segmentation '(x){79}… is no list"),
    "no size": ({"segmentation": {"counts": "x"}}, "segmentation .* has not a size of two whole numbers"),
    "real size": ({"segmentation": {"size": [1.0, 2], "counts": "x"}}, "segmentation .* has not a size"),
    "counts": (
        {"segmentation": {"size": [1, 2], "counts": [1.5]}},
        "segmentation .* has not a size .* counts that are",
    ),
    "no counts": ({"segmentation": {"size": [1, 2]}}, "segmentation .* has not a size .* counts that are"),
}


@pytest.mark.parametrize("case", BROKEN_ANNOTATIONS)
def test_a_broken_annotation_is_an_error_that_names_it(tmp_path: Path, case: str) -> None:
    changes, told = BROKEN_ANNOTATIONS[case]
    content = small()
    content["annotations"].append(small(**changes)["annotations"][0])
    with pytest.raises(InputError, match=r"a\.json', annotations\[1\]: " + told):
        open_dataset(write_json(tmp_path / "a.json", content))


def broken_files() -> Iterator[Any]:
    """Content that is wrong in one place, and what is said of it."""
    for name, path in {
        "outside": "../a.jpg",
        "absolute": "/etc/passwd",
        "windows": "C:\\a.jpg",
        "detour": "a/../../b.jpg",
    }.items():
        yield pytest.param({"images": [{"id": 1, "file_name": path}]}, r"images\[0\]: the file name", id=name)
    for name, value in {
        "none": None,
        "number": 3,
        "empty": " ",
        "nul": "a\0.jpg",
        "nowhere": "a/..",
        "half": "\ud800.jpg",
    }.items():
        yield pytest.param({"images": [{"id": 1, "file_name": value}]}, r"images\[0\]: ", id=f"file name {name}")
    image = {"id": 1, "file_name": "a.jpg"}
    yield pytest.param({"images": [image, image]}, r"images\[1\]: the id 1 is missing or stands twice", id="id twice")
    yield pytest.param({"images": [{"file_name": "a.jpg"}]}, r"images\[0\]: the id None", id="no id")
    yield pytest.param({"images": [{**image, "id": [1]}]}, r"images\[0\]: the id \[1\]", id="id list")
    yield pytest.param({"images": [image, {**image, "id": 2}]}, r"images\[1\]: the picture 'a\.jpg' stands", id="twice")
    yield pytest.param({"images": [{**image, "height": "6", "width": 9}]}, r"images\[0\]: height '6'", id="height")
    yield pytest.param({"images": {"1": image}}, "images: no list of objects", id="images")
    yield pytest.param({"annotations": [1]}, "annotations: no list of objects", id="annotations")
    yield pytest.param({"categories": [{"id": 1}]}, r"categories\[0\]: id 1, name None", id="no name")
    yield pytest.param({"categories": [{"id": 1, "name": "\ud800"}]}, r"categories\[0\]: id 1", id="half a letter")
    yield pytest.param({"categories": [{"id": 1, "name": "a"}] * 2}, r"categories\[1\]: id 1", id="category twice")


@pytest.mark.parametrize(("changes", "told"), list(broken_files()))
def test_a_broken_file_is_an_error_that_names_the_element(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=r"a\.json', " + told):
        open_dataset(write_json(tmp_path / "set/a.json", small() | changes))


def test_a_file_that_is_cut_off_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    file = write_text(tmp_path / "a.json", "{", '"images": [],', '"annotations": [')
    with pytest.raises(InputError, match=r"a\.json', line 4: no JSON"):
        open_dataset(file)


def test_a_file_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\(coco\) holds no picture"):
        open_dataset(write_json(tmp_path / "a.json", {"images": [], "annotations": []}))
