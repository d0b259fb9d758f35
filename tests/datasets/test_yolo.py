"""YOLO's text files, against numpy."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from onnxcam.datasets import open_dataset
from onnxcam.errors import InputError
from tests.datasets.files import keys, write_picture, write_text

BOX = "0 0.5 0.5 0.5 0.5"


@pytest.mark.parametrize("seed", range(4))
def test_boxes_are_those_that_were_written(tmp_path: Path, seed: int) -> None:
    generator = np.random.default_rng(seed)
    height, width = generator.integers(5, 60, 2)
    write_picture(tmp_path / "images/a.png", height, width)
    corners = np.sort(generator.random((5, 2, 2)), axis=1)  # of each box: left, top; right, bottom
    lines = [[n, *corner.mean(0), *(corner[1] - corner[0])] for n, corner in enumerate(corners)]
    write_text(tmp_path / "labels/a.txt", *(" ".join(map(repr, map(float, line[1:]))) for line in lines))
    write_text(tmp_path / "labels/a.txt", *(f"{line[0]} " + " ".join(f"{v:.9f}" for v in line[1:]) for line in lines))
    (record,) = open_dataset(tmp_path)
    assert record.key == "images/a.png"
    assert [region.label for region in record.regions] == [0, 1, 2, 3, 4]
    expected = (corners * [width, height]).reshape(5, 4)
    np.testing.assert_allclose([region.box for region in record.regions], expected, atol=1e-6)


def test_an_outline_covers_what_another_library_draws(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 60, 80)
    outline = (0.1, 0.1, 0.75, 0.2, 0.6, 0.85, 0.2, 0.7)
    write_text(tmp_path / "a.txt", "2 " + " ".join(map(str, outline)))
    (record,) = open_dataset(tmp_path)
    (region,) = record.regions
    picture = Image.new("1", (80, 60))
    ImageDraw.Draw(picture).polygon([v * (60 if n % 2 else 80) for n, v in enumerate(outline)], fill=1)
    drawn, area = np.asarray(picture), region.area(60, 80)
    assert (area & drawn).sum() / (area | drawn).sum() > 0.93  # but for its edge
    np.testing.assert_allclose(region.box, (8, 6, 60, 51))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_numbers_are_relative_to_the_upright_picture(tmp_path: Path, orientation: int) -> None:
    write_picture(tmp_path / "a.jpg", 10, 40, orientation)
    write_text(tmp_path / "a.txt", "0 0.25 0.5 0.5 1")
    (record,) = open_dataset(tmp_path)
    turned = orientation == 6 or orientation == 8
    assert record.regions[0].box == ((0, 0, 5, 40) if turned else (0, 0, 20, 10))


@pytest.mark.parametrize(
    ("picture", "labels"),
    [
        ("images/a.jpg", "labels/a.txt"),
        ("images/val/a.jpg", "labels/val/a.txt"),
        ("val/images/a.jpg", "val/labels/a.txt"),
        ("images/sub/images/a.jpg", "images/sub/labels/a.txt"),
        ("images/a.jpg", "images/a.txt"),
        ("obj_train_data/a.jpg", "obj_train_data/a.txt"),
        ("a.b.jpg", "a.b.txt"),
    ],
)
def test_labels_lie_where_they_are_expected(tmp_path: Path, picture: str, labels: str) -> None:
    write_picture(tmp_path / picture)
    write_text(tmp_path / labels, BOX)
    data = open_dataset(tmp_path)
    assert [(record.key, len(record.regions)) for record in data] == [(picture, 1)]
    assert data.notes == ("no file names the classes: labels are numbers",)


def test_one_part_of_a_data_set_is_read_by_its_folder(tmp_path: Path) -> None:
    for part in ("train", "val"):
        write_picture(tmp_path / f"images/{part}/{part}.png")
        write_text(tmp_path / f"labels/{part}/{part}.txt", BOX)
        write_text(tmp_path / f"labels/{part}/lost-{part}.txt", BOX)
    write_text(tmp_path / "data.yaml", "names: [cat]")
    data = open_dataset(tmp_path / "images/val")
    assert [(r.key, len(r.regions)) for r in data] == [("images/val/val.png", 1), ("images/val/lost-val.jpg", 0)]
    assert data.labels == ("cat",)
    assert open_dataset(tmp_path).count == open_dataset(tmp_path / "data.yaml").count == 4


def test_a_picture_without_labels_and_labels_without_a_picture_have_their_records(tmp_path: Path) -> None:
    write_picture(tmp_path / "images/a.png")
    write_picture(tmp_path / "images/empty.png")
    write_picture(tmp_path / "images/none.png")
    write_text(tmp_path / "images/broken.png", "no picture")
    for name in ("a", "broken", "lost"):
        write_text(tmp_path / f"labels/{name}.txt", BOX)
    write_text(tmp_path / "labels/empty.txt")
    data = open_dataset(tmp_path)
    assert [(record.key.removeprefix("images/"), len(record.regions)) for record in data] == [
        ("a.png", 1),
        ("broken.png", 0),
        ("empty.png", 0),
        ("none.png", 0),
        ("lost.jpg", 0),
    ]
    assert data.count == 5
    assert "1 of 5 pictures have no labels, and no regions" in data.notes


def test_names_tell_the_format_where_there_are_no_labels(tmp_path: Path) -> None:
    write_picture(tmp_path / "images/a.png")
    write_text(tmp_path / "data.yaml", "names: [cat]")
    data = open_dataset(tmp_path)
    assert (data.format, data.labels, data.count) == ("yolo", ("cat",), 1)
    assert data.notes == ("1 of 1 pictures have no labels, and no regions",)


def test_pictures_may_lie_beside_their_labels_in_a_folder_called_labels(tmp_path: Path) -> None:
    write_picture(tmp_path / "labels/a.png")
    write_text(tmp_path / "labels/a.txt", BOX)
    assert [(record.key, len(record.regions)) for record in open_dataset(tmp_path)] == [("labels/a.png", 1)]


NAMES = {
    "flow list": ("data.yaml", "names: [cat, 'the dog', \"it's\"]", ("cat", "the dog", "it's")),
    "flow list of many lines": ("data.yaml", "nc: 2\nnames: [ 'cat',  # first\n    'dog' ]", ("cat", "dog")),
    "block list": ("data.yaml", "names:\n- cat\n- dog", ("cat", "dog")),
    "map": ("coco8.yml", "path: ../x\nnames:\n  1: dog  # last\n  0: cat", ("cat", "dog")),
    "words of YAML": (
        "data.yaml",
        "names: [no, 'yes', null, 1.0, 2020-01-01]",
        ("no", "yes", "null", "1.0", "2020-01-01"),
    ),
    "obj.names": ("obj.names", "cat\nthe dog", ("cat", "the dog")),
    "classes.txt": ("classes.txt", "cat\r\ndog\r\n\r\n", ("cat", "dog")),
    "classes.txt beside labels": ("labels/classes.txt", "cat\ndog", ("cat", "dog")),
}


@pytest.mark.parametrize("case", NAMES)
def test_classes_have_the_names_that_a_file_gives_them(tmp_path: Path, case: str) -> None:
    file, text, names = NAMES[case]
    write_picture(tmp_path / "images/a.png")
    write_text(tmp_path / "labels/a.txt", BOX, "1 0.5 0.5 0.5 0.5" if len(names) > 1 else "")
    write_text(tmp_path / file, text)
    data = open_dataset(tmp_path)
    assert data.labels == names
    (record,) = data
    assert [region.label for region in record.regions] == list(names[:2])


def test_data_yaml_goes_before_other_yaml(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "a.txt", BOX)
    write_text(tmp_path / "a.yaml", "names: [wrong]")
    write_text(tmp_path / "args.yaml", "lr: 3")
    write_text(tmp_path / "data.yaml", "names: [right]")
    assert open_dataset(tmp_path).labels == ("right",)
    assert open_dataset(tmp_path / "a.yaml").labels == ("wrong",)


def test_key_points_behind_a_box_are_passed_over(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 10, 10)
    write_text(tmp_path / "a.txt", BOX + " 0.5 0.5 2 0.1 0.1 0")
    write_text(tmp_path / "data.yaml", "names: [person]", "kpt_shape: [2, 3]")
    (record,) = open_dataset(tmp_path)
    assert record.regions[0].box == (2.5, 2.5, 7.5, 7.5)
    assert record.regions[0].polygons == ()


def test_text_beside_pictures_is_not_taken_for_labels(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "a.txt", "a cat on a mat")
    write_text(tmp_path / "readme.txt", "0 0.5 0.5 0.5 0.5")
    assert open_dataset(tmp_path).format == "pictures"


BROKEN = {
    "word": ("0 0.5 x 0.5 0.5", "'x' is no number"),
    "infinite": ("0 0.5 inf 0.5 0.5", "'inf' is no number"),
    "class": ("1.5 0.5 0.5 0.5 0.5", "the class '1.5' is no index"),
    "huge class": ("1e300 0.5 0.5 0.5 0.5", "the class '1e300' is no index"),
    "negative class": ("-1 0.5 0.5 0.5 0.5", "the class '-1' is no index"),
    "four": ("0 0.5 0.5 0.5", "4 numbers, expected class, x, y, width, height"),
    "confidence": (BOX + " 0.9", "6 numbers, expected"),
    "half a point": ("0 0.1 0.1 0.2 0.2 0.3 0.3 0.4", "8 numbers, expected"),
    "pixels": ("0 120 80 30 30", "120 is not between 0 and 1; numbers are relative"),
    "negative": ("0 -0.5 0.5 0.5 0.5", "-0.5 is not between"),
    "negative size": ("0 0.5 0.5 -0.005 0.5", "-0.005 is not between"),
    "no name": ("7 0.5 0.5 0.5 0.5", r"class 7 has no name in '.*classes\.txt', which has 2"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_line_is_an_error_that_names_it(tmp_path: Path, case: str) -> None:
    line, told = BROKEN[case]
    write_picture(tmp_path / "images/a.png")
    write_text(tmp_path / "classes.txt", "cat", "dog")
    write_text(tmp_path / "labels/a.txt", BOX, "", line)
    with pytest.raises(InputError, match=r"a\.txt', line 3: " + told) as caught:
        open_dataset(tmp_path)
    assert caught.value.line == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("names: [a, b", "line 2: no YAML", id="cut off"),
        pytest.param("names: cat", "names: neither a list", id="one name"),
        pytest.param("names: []", "names: neither a list", id="none"),
        pytest.param("names: [[a]]", "names: neither a list", id="lists"),
        pytest.param(r'names: ["\ud800"]', "names: neither a list", id="half a letter"),
        pytest.param("names: {a: b}", "names: neither a list", id="words"),
        pytest.param("names: " + "[" * 5000, "line 1: (lists within lists|no YAML)", id="deep"),
    ],
)
def test_broken_names_are_an_error(tmp_path: Path, text: str, told: str) -> None:
    write_picture(tmp_path / "a.png")
    with pytest.raises(InputError, match=r"data\.yaml', " + told):
        open_dataset(write_text(tmp_path / "data.yaml", text))


def test_a_yaml_file_makes_no_objects(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "data.yaml", "names: [!!python/object/apply:os.getcwd [], b]")
    with pytest.raises(InputError, match="names: neither a list"):
        open_dataset(tmp_path)


def test_without_pyyaml_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "data.yaml", "names: [cat]")
    with pytest.raises(InputError, match=r'pip install "onnxcam\[audit\]", or write the names into classes\.txt'):
        open_dataset(tmp_path)


def test_a_link_is_where_its_labels_are(tmp_path: Path) -> None:
    write_picture(tmp_path / "store/images/a.png")
    write_text(tmp_path / "store/labels/a.txt", BOX)
    (tmp_path / "set").symlink_to(tmp_path / "store", target_is_directory=True)
    assert keys(open_dataset(tmp_path / "set")) == ["images/a.png"]
