"""Pascal VOC, against a reader by minidom and numpy."""

from __future__ import annotations

from pathlib import Path
from xml.dom import minidom

import numpy as np
import pytest

from onnxcam.datasets import Region, open_dataset
from onnxcam.errors import InputError
from onnxcam.imaging import read_image
from tests.datasets.files import keys, write_picture, write_text
from tests.shared import shared


def xml_of(*boxes: tuple[object, ...], filename: str = "", size: str = "") -> str:
    """An annotation of objects called a, b, …"""
    objects = "".join(
        f"<object><name>{chr(97 + n)}</name><difficult>{n}</difficult><bndbox>"
        + "".join(
            f"<{edge}>{value}</{edge}>" for edge, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
        )
        + "</bndbox></object>"
        for n, box in enumerate(boxes)
    )
    return f"<annotation><filename>{filename}</filename>{size}{objects}</annotation>"


@pytest.mark.parametrize("name", ["raccoon", "bccd"])
def test_real_files_are_read_as_by_another_reader(name: str) -> None:
    root = shared(f"images/{name}")
    records = {record.key: record for record in open_dataset(root)}
    files = sorted(root.glob("*.xml"))
    assert len(records) == len(files)
    for file in files:
        document = minidom.parse(str(file))
        record = records[document.getElementsByTagName("filename")[0].firstChild.data]
        height, width = read_image(record.path).shape[:2]
        objects = document.getElementsByTagName("object")
        assert len(objects) == len(record.regions)
        for element, region in zip(objects, record.regions, strict=True):
            (x0, y0, x1, y1) = (
                int(element.getElementsByTagName(edge)[0].firstChild.data) for edge in ("xmin", "ymin", "xmax", "ymax")
            )
            assert region.label == element.getElementsByTagName("name")[0].firstChild.data
            rows, columns = np.indices((height, width)) + 1  # VOC counts from 1, and the last belongs to the object
            inside = (columns >= x0) & (columns <= x1) & (rows >= y0) & (rows <= y1)
            np.testing.assert_array_equal(region.area(height, width), inside)


def test_indices_from_1_become_edges(tmp_path: Path) -> None:
    write_picture(tmp_path / "x.png")
    size = "<size><width>9</width><height>6</height><depth>3</depth></size>"
    write_text(tmp_path / "x.xml", xml_of((1, 1, 9, 6), (3, 2, 3, 2), ("0", "0", "4.5", " 2 "), size=size))
    (record,) = open_dataset(tmp_path)
    assert record.label is None
    assert record.regions == (
        Region("a", (0.0, 0.0, 9.0, 6.0), size=(6, 9)),
        Region("b", (2.0, 1.0, 3.0, 2.0), size=(6, 9)),
        Region("c", (0.0, 0.0, 4.5, 2.0), size=(6, 9)),  # who writes 0 counts from 0
    )
    assert record.regions[0].area(6, 9).all()
    assert record.regions[1].area(6, 9).sum() == 1


@pytest.mark.parametrize("size", ["", "<size/>", "<size><width>0</width><height>0</height></size>"], ids=str)
def test_a_size_that_is_not_told_is_unknown(tmp_path: Path, size: str) -> None:
    write_text(tmp_path / "x.xml", xml_of((1, 1, 2, 2), size=size))
    (record,) = open_dataset(tmp_path)
    assert record.regions[0].size is None


@pytest.mark.parametrize("annotations", ["Annotations", "annotations", "xmls"])
@pytest.mark.parametrize("pictures", ["JPEGImages", "images", "Images"])
def test_annotations_may_lie_in_a_folder_of_their_own(tmp_path: Path, annotations: str, pictures: str) -> None:
    write_picture(tmp_path / pictures / "x.jpg")
    write_picture(tmp_path / pictures / "sub/y.jpg")
    write_text(tmp_path / annotations / "x.xml", xml_of((1, 1, 2, 2)))
    write_text(tmp_path / annotations / "sub/y.xml", xml_of((1, 1, 2, 2)))
    data = open_dataset(tmp_path)
    assert data.notes == ()
    assert keys(data) == [f"{pictures}/x.jpg", f"{pictures}/sub/y.jpg"]
    assert all(Path(record.path).is_file() for record in data)


def test_annotations_in_sub_folders_may_be_of_pictures_in_one(tmp_path: Path) -> None:
    write_picture(tmp_path / "images/x.jpg")
    write_text(tmp_path / "annotations/xmls/x.xml", xml_of((1, 1, 2, 2)))
    assert [(r.key, len(r.regions)) for r in open_dataset(tmp_path)] == [("images/x.jpg", 1)]


def test_a_picture_is_found_by_the_files_own_name_first(tmp_path: Path) -> None:
    for name in ("x.png", "stale.png", "named.png", "both.jpg", "both.png"):
        write_picture(tmp_path / name)
    write_text(tmp_path / "x.xml", xml_of(filename="stale.png"))
    write_text(tmp_path / "other.xml", xml_of(filename="named.png"))
    write_text(tmp_path / "both.xml", xml_of(filename="both.png"))
    write_text(tmp_path / "zz.xml", xml_of((1, 1, 2, 2), filename="lost.png"))
    write_text(tmp_path / "zzz.xml", xml_of((1, 1, 2, 2)))
    data = open_dataset(tmp_path)
    assert keys(data) == ["both.png", "named.png", "x.png", "lost.png", "zzz.jpg", "both.jpg", "stale.png"]
    assert data.count == 7
    assert data.notes == (
        "2 of 7 pictures have no XML file, and no regions",
        "2 of 5 XML files are of pictures that are not there",
    )


def test_two_files_of_one_picture_are_an_error(tmp_path: Path) -> None:
    write_picture(tmp_path / "p.png")
    for name in ("a.xml", "b.xml"):
        write_text(tmp_path / name, xml_of(filename="p.png"))
    with pytest.raises(InputError, match=r"b\.xml' and 'a\.xml' beside it are both of the picture 'p\.png'"):
        open_dataset(tmp_path)


@pytest.mark.parametrize(
    "filename",
    [
        "../secret.png",
        "/etc/passwd",
        "a/../../b.png",
        "C:\\secret.png",
        "C:secret.png",
        "..\\secret.png",
        "\\\\host\\a",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_an_error(tmp_path: Path, filename: str) -> None:
    write_picture(tmp_path / "secret.png")
    write_text(tmp_path / "set/a.xml", xml_of(filename=filename))
    with pytest.raises(InputError, match=r"a\.xml', filename: the file name .* (leads out|is absolute)"):
        open_dataset(tmp_path / "set")


BROKEN = {
    "no XML": ("<annotation>\n<object>", r"line \d: no XML"),
    "other": ("<other><annotation/></other>", "the outermost element is <other>"),
    "no number": (xml_of((1, 1, "x", 2)), r"object 1 \('a'\): bndbox/xmax is no number but 'x'"),
    "infinite": (xml_of((1, 1, "inf", 2)), "bndbox/xmax is no number"),
    "no box": ("<annotation><object><name>a</name></object></annotation>", "bndbox/xmin is not there"),
    "no name": ("<annotation><object/></annotation>", "object 1: there is no name"),
    "reversed": (xml_of((1, 1, 2, 2), (5, 1, 2, 2)), r"object 2 \('b'\): the box from 5, 1 to 2, 2 ends before"),
    "size": (xml_of(size="<size><width>wide</width></size>"), "size: height and width are no numbers"),
    "entities": (
        '<!DOCTYPE a [<!ENTITY b "c">]><annotation><filename>&b;</filename></annotation>',
        "declares a document type",
    ),
    "file entity": (
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><annotation><filename>&b;</filename></annotation>',
        "declares a document type",
    ),
    "encoding": ('<?xml version="1.0" encoding="xyz"?><annotation/>', "line 1: "),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_an_error_that_names_it_and_the_place(tmp_path: Path, case: str) -> None:
    text, told = BROKEN[case]
    write_text(tmp_path / "good.xml", xml_of())
    write_text(tmp_path / "bad.xml", text)
    with pytest.raises(InputError, match=rf"bad\.xml'.*{told}"):
        open_dataset(tmp_path)


def test_a_document_type_is_seen_in_any_encoding(tmp_path: Path) -> None:
    write_text(tmp_path / "good.xml", xml_of())
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'
    (tmp_path / "bad.xml").write_text(text, encoding="utf-16")
    with pytest.raises(InputError, match="declares a document type"):
        open_dataset(tmp_path)


def test_a_file_that_breaks_after_opening_is_an_error_when_it_is_reached(tmp_path: Path) -> None:
    write_text(tmp_path / "a.xml", xml_of())
    write_text(tmp_path / "b.xml", xml_of())
    records = iter(open_dataset(tmp_path))
    write_text(tmp_path / "b.xml", "<annotation>")
    assert next(records).key == "a.jpg"
    with pytest.raises(InputError, match=r"b\.xml', line 2: no XML"):
        next(records)


def write_devkit(root: Path, names: str = "abcd") -> Path:
    for name in names:
        write_picture(root / f"JPEGImages/{name}.jpg")
    for name in names[:3]:
        write_text(root / f"Annotations/{name}.xml", xml_of((1, 1, 2, 2), filename=f"{name}.jpg"))
    return root


def test_a_list_of_names_is_a_part_of_the_data_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_devkit(tmp_path)
    path = write_text(tmp_path / "ImageSets/Main/val.txt", "c", "", "d", "a ")
    data = open_dataset(path)
    assert (data.format, data.count, data.root) == ("voc", 3, tmp_path)
    assert [(r.key, len(r.regions)) for r in data] == [
        ("JPEGImages/c.jpg", 1),
        ("JPEGImages/d.jpg", 0),
        ("JPEGImages/a.jpg", 1),
    ]
    assert data.notes == ("1 of 3 pictures have no XML file, and no regions",)
    whole = {record.key: record for record in open_dataset(tmp_path)}
    assert all(whole[record.key] == record for record in data)
    monkeypatch.chdir(path.parent)
    assert keys(open_dataset("val.txt")) == keys(data)


def test_the_list_of_a_class_says_which_pictures_have_it(tmp_path: Path) -> None:
    write_devkit(tmp_path)
    path = write_text(tmp_path / "ImageSets/Main/cat_val.txt", "a -1", "b  1", "c  0")
    data = open_dataset(path)
    assert keys(data) == ["JPEGImages/b.jpg", "JPEGImages/c.jpg"]
    assert data.notes == ("1 of 3 pictures in 'cat_val.txt' have no object of its class, and are left out",)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("a", "../x"), r"line 2: the file name '\.\./x' leads out"),
        (("a 2",), "line 1: 'a 2' is neither a name nor a name with 1, 0 or -1"),
        (("a 1 1",), "line 1: 'a 1 1' is neither"),
        (("a", "b", "a"), r"line 3: the picture 'a' stands there already \('.*', line 1\)"),
        (("",), "holds no picture"),
    ],
    ids=["leads out", "no flag", "layout", "twice", "empty"],
)
def test_a_list_that_is_wrong_names_the_line(tmp_path: Path, lines: tuple[str, ...], told: str) -> None:
    write_devkit(tmp_path)
    path = write_text(tmp_path / "ImageSets/Main/val.txt", *lines)
    with pytest.raises(InputError, match=told):
        open_dataset(path)


def test_pictures_of_a_list_that_are_not_there_are_records(tmp_path: Path) -> None:
    write_devkit(tmp_path)
    path = write_text(tmp_path / "ImageSets/Main/val.txt", "a", "lost")
    assert keys(open_dataset(path)) == ["JPEGImages/a.jpg", "JPEGImages/lost.jpg"]


def test_a_text_file_elsewhere_is_no_list(tmp_path: Path) -> None:
    write_devkit(tmp_path)
    with pytest.raises(InputError, match="is no data set that can be read"):
        open_dataset(write_text(tmp_path / "val.txt", "a"))
