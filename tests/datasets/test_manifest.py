"""Tables of pictures in CSV and JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from onnxcam.datasets import Record, Region, open_dataset
from onnxcam.errors import InputError
from tests.datasets.files import keys, write_json, write_picture, write_text

ROWS: list[dict[str, Any]] = [
    {"path": "a.png", "label": "cat", "box": [1, 2, 5, 4.5]},
    {"path": "b/b.png", "label": "dog", "mask": "masks/b.png"},
    {"path": "a.png", "label": "cat", "box": [0, 0, 1, 1]},
    {"path": "c.png"},
]


def write_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """The same rows in the format that the file's ending says."""
    if path.suffix == ".json":
        return write_json(path, rows)
    if path.suffix == ".jsonl":
        return write_text(path, *map(json.dumps, rows))
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        for row in rows:
            writer.writerow({k: ",".join(map(str, v)) if isinstance(v, list) else v for k, v in row.items()})
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_rows_of_one_path_are_regions_of_one_record(tmp_path: Path, suffix: str) -> None:
    data = open_dataset(write_table(tmp_path / f"mine{suffix}", ROWS))
    root = str(tmp_path)
    regions = (Region("cat", (1.0, 2.0, 5.0, 4.5)), Region("cat", (0.0, 0.0, 1.0, 1.0)))
    assert list(data) == [
        Record("a.png", f"{root}/a.png", "cat", regions),
        Record("b/b.png", f"{root}/b/b.png", "dog", (Region("dog", None, mask=f"{root}/masks/b.png"),)),
        Record("c.png", f"{root}/c.png"),
    ]
    assert (data.format, data.count, data.labels, data.notes) == ("manifest", 3, None, ())


@pytest.mark.parametrize("stem", ["index", "manifest", "metadata"])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_a_folder_may_hold_its_table(tmp_path: Path, stem: str, suffix: str) -> None:
    write_picture(tmp_path / "a.png")
    write_table(tmp_path / f"{stem}{suffix}", ROWS)
    assert keys(open_dataset(tmp_path)) == ["a.png", "b/b.png", "c.png"]


def test_a_folder_with_two_tables_is_an_error(tmp_path: Path) -> None:
    write_table(tmp_path / "index.json", ROWS)
    write_table(tmp_path / "manifest.csv", ROWS)
    with pytest.raises(InputError, match=r"the tables 'index\.json' and 'manifest\.csv'. Name one"):
        open_dataset(tmp_path)


@pytest.mark.parametrize("content", ['{"version": 3}', "[1, 2]", '[{"a": 1}]'], ids=["object", "numbers", "no path"])
def test_another_index_is_passed_over(tmp_path: Path, content: str) -> None:
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "index.json", content)
    assert open_dataset(tmp_path).format == "pictures"


@pytest.mark.parametrize("column", ["path", "file", "file_name"])
def test_the_column_of_paths_has_several_names(tmp_path: Path, column: str) -> None:
    assert keys(open_dataset(write_text(tmp_path / "a.csv", f"label,{column}", "cat,a.png"))) == ["a.png"]


def test_a_manifest_without_a_column_of_paths_is_not_passed_over(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png")
    write_text(tmp_path / "manifest.csv", "path;label", "a.png;cat")
    with pytest.raises(
        InputError, match=r"manifest\.csv', line 1: the columns are 'path;label'.*Separate them by commas"
    ):
        open_dataset(tmp_path)


def test_a_box_may_be_four_columns(tmp_path: Path) -> None:
    table = write_text(tmp_path / "a.csv", "path,right,left,top,bottom", "a.png,5,1,2,4", "b.png,,,,")
    first, second = open_dataset(table)
    assert first.regions == (Region(None, (1.0, 2.0, 5.0, 4.0)),)
    assert second.regions == ()


def test_labels_in_csv_are_numbers_if_all_are(tmp_path: Path) -> None:
    numbers = write_text(tmp_path / "a.csv", "path,label", "a.png,3", "b.png,", "c.png,10")
    assert [record.label for record in open_dataset(numbers)] == [3, None, 10]
    names = write_text(tmp_path / "b.csv", "path,label", "a.png,3", "b.png,cat")
    assert [record.label for record in open_dataset(names)] == ["3", "cat"]


def test_labels_in_json_are_what_they_are(tmp_path: Path) -> None:
    table = write_table(tmp_path / "a.jsonl", [{"path": "a.png", "label": 3}, {"path": "b.png", "label": "3"}])
    assert [record.label for record in open_dataset(table)] == [3, "3"]


def test_a_row_without_region_says_what_the_picture_is(tmp_path: Path) -> None:
    table = write_text(
        tmp_path / "a.csv", "path,label,box", 'a.png,cat,"0,0,1,1"', "a.png,street,", 'b.png,cat,"0,0,1,1"',
        'b.png,dog,"0 0 2 2"',
    )  # fmt: skip
    street, both = open_dataset(table)
    assert (street.label, [region.label for region in street.regions]) == ("street", ["cat"])
    assert (both.label, [region.label for region in both.regions]) == (None, ["cat", "dog"])


def test_columns_that_nobody_knows_are_noted(tmp_path: Path) -> None:
    data = open_dataset(write_text(tmp_path / "a.csv", "path,zoo,age", "a.png,Bern,3"))
    assert data.notes == ("'a.csv' has columns that are not used: 'age', 'zoo'",)


def test_absolute_paths_are_the_users_own(tmp_path: Path) -> None:
    outside = write_picture(tmp_path / "outside/a.png")
    inside = write_picture(tmp_path / "set/b.png")
    table = tmp_path / "set/a.csv"
    write_text(table, "path,mask", f"{outside},{outside}", f"{inside},", "b.png,b.png")
    first, second = open_dataset(table)
    assert (first.key, first.path, first.regions[0].mask) == (outside.as_posix(), str(outside), str(outside))
    assert (second.key, len(second.regions)) == ("b.png", 1)


def test_a_mask_is_found_beside_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    where = np.random.default_rng(0).random((6, 9)) > 0.5
    (tmp_path / "masks").mkdir()
    Image.fromarray(where.astype(np.uint8)).save(tmp_path / "masks/b.png")
    data = open_dataset(write_table(tmp_path / "a.jsonl", ROWS))
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(list(data)[1].regions[0].area(6, 9), where)


BROKEN = {
    "short row": ("path,label", "a.png", r"line 3: 1 fields, and 2 columns"),
    "long row": ("path,box", "a.png,0,0,1,1", "line 3: 5 fields, and 2 columns. Quote"),
    "empty path": ("path,label", ",cat", "line 3: '' is no file name"),
    "outside": ("path,label", "../a.png,cat", "line 3: the file name '../a.png' leads out"),
    "mask outside": ("path,mask", "a.png,x/../../m.png", "line 3, mask: .* leads out"),
    "nul": ("path,label", "a\0.png,cat", "line 3"),
    "three numbers": ("path,box", 'a.png,"0,0,1"', "line 3: the box '0,0,1' is not four numbers"),
    "words": ("path,box", 'a.png,"0,0,1,x"', "line 3: the box .* is not four numbers"),
    "infinite": ("path,box", 'a.png,"0,0,1,inf"', "line 3: the box .* is not four numbers"),
    "empty box": ("path,box", 'a.png,"5,0,1,1"', "line 3: the box 5, 0, 1, 1 is empty"),
    "three columns": ("path,left,top,right,bottom", "a.png,0,0,,1", "line 3: the box .* is not four numbers"),
    "both": ("path,box,left,top,right,bottom", 'a.png,"0,0,1,1",0,0,1,1', "line 3: there is a box and the columns"),
    "quotes": ("path,label", 'a.png,"cat"x', "line 3"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_of_csv_is_an_error_that_names_its_line(tmp_path: Path, case: str) -> None:
    header, row, told = BROKEN[case]
    good = "good.png" + "," * header.count(",")
    with pytest.raises(InputError, match=r"a\.csv', " + told) as caught:
        open_dataset(write_text(tmp_path / "a.csv", header, good, row))
    assert caught.value.facts


@pytest.mark.parametrize(
    ("line", "told"),
    [
        pytest.param('{"path": "a.png"', "line 2: no JSON", id="cut off"),
        pytest.param("[1]", "line 2: list, expected an object", id="no object"),
        pytest.param('{"label": "cat"}', "line 2: there is no column path", id="no path"),
        pytest.param('{"path": 3}', "line 2: 3 is no file name", id="no name"),
        pytest.param('{"path": "a.png", "label": 1.5}', "line 2: the label 1.5 is no name", id="label"),
        pytest.param(r'{"path": "\ud800.png"}', r"line 2: '\\ud800\.png' is no file name", id="half a character"),
        pytest.param(r'{"path": "/\ud800.png"}', r"line 2: '/\\ud800\.png' is no file name", id="half an absolute one"),
        pytest.param(r'{"path": "a.png", "label": "\ud800"}', "line 2: the label", id="half a letter"),
        pytest.param('{"path": "a.png", "label": 3000000000}', "line 2: the label 3000000000 is no", id="huge label"),
        pytest.param('{"path": "a.png", "label": true}', "line 2: the label True", id="truth"),
        pytest.param('{"path": "a.png", "box": [0, 0, NaN, 1]}', "line 2: the box .* not four", id="nan"),
        pytest.param('{"path": "a.png", "box": {"left": 0}}', "line 2: the box .* not four", id="object"),
        pytest.param('{"path": "a.png", "box": [0, 0, 1, 1e999]}', "line 2: the box", id="infinite"),
        pytest.param('{"path": "a.png", "box": [0, 0, 1, ' + "9" * 400 + "]}", "line 2: the box", id="huge"),
        pytest.param('{"path": "a.png", "n": ' + "9" * 5000 + "}", "line 2: JSON that cannot be read", id="digits"),
        pytest.param('{"path": "first.png", "label": "dog"}', "line 2: .*'dog' here and 'cat' before", id="twice"),
        pytest.param('{"path": ' + "[" * 100_000, "line 2: JSON that cannot be read", id="deep"),
    ],
)
def test_a_broken_line_of_json_is_an_error_that_names_it(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(InputError, match=r"a\.jsonl', " + told):
        open_dataset(write_text(tmp_path / "a.jsonl", '{"path": "first.png", "label": "cat"}', line))


def test_a_broken_element_of_a_list_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.json', element 2: there is no column path"):
        open_dataset(write_json(tmp_path / "a.json", [{"path": "a.png"}, {"name": "b.png"}]))
    with pytest.raises(InputError, match=r"a\.json', line 3: no JSON"):
        open_dataset(write_text(tmp_path / "a.json", "[", '{"path": "a.png"},', "{]"))


@pytest.mark.parametrize(
    "header", ["name,label", "path;label", "path,path", ""], ids=["none", "semicolons", "two", "empty"]
)
def test_a_table_without_a_column_of_paths_is_an_error(tmp_path: Path, header: str) -> None:
    with pytest.raises(InputError, match="line 1: the columns are .*must be one called path, and none twice"):
        open_dataset(write_text(tmp_path / "a.csv", header, "a.png,cat"))


def test_a_table_without_rows_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\(manifest\) holds no picture"):
        open_dataset(write_text(tmp_path / "a.csv", "path,label"))


def test_a_quoted_line_break_does_not_shift_the_line_numbers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 4: the box"):
        open_dataset(write_text(tmp_path / "a.csv", "path,box,note", 'a.png,,"two\nlines"', "b.png,x,"))
