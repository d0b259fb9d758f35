"""Pages and their data: all text is escaped, and both files say the same."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from html.parser import HTMLParser
from pathlib import Path

import pytest

from onnxcam.errors import InputError
from onnxcam.reporting import as_json, missing_packages, render, write_report
from onnxcam.reporting.page import Page
from tests.reporting.pages import EVIL, PIXEL, page_of


class Reader(HTMLParser):
    """Notes the tags and their attributes, the text, and what scripts hold."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = None

    def handle_data(self, data: str) -> None:
        (self.scripts if self._inside == "script" else self.texts).append(data)


@pytest.fixture(scope="module")
def read() -> Reader:
    reader = Reader()
    reader.feed(render(page_of()))
    return reader


def test_strangers_texts_stay_text(read: Reader) -> None:
    assert len(read.scripts) == 1
    assert not [attrs for _, attrs in read.tags if any(name.startswith("on") for name in attrs)]
    assert {attrs["src"] for tag, attrs in read.tags if tag == "img"} == {PIXEL}
    assert sum(EVIL in text for text in read.texts) > 100
    assert "49" not in "".join(read.texts).split()


def test_no_other_script_may_run_and_nothing_is_fetched(read: Reader) -> None:
    policy = next(a["content"] for tag, a in read.tags if tag == "meta" and "http-equiv" in a)
    digest = base64.b64encode(hashlib.sha256(read.scripts[0].encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data: file: 'self'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )
    addresses = [value for _, attrs in read.tags for name, value in attrs.items() if name in ("src", "href")]
    assert all(value and not value.startswith(("http", "//")) for value in addresses)


def test_the_data_say_the_same_and_leave_out_what_the_page_holds(tmp_path: Path) -> None:
    page = page_of()
    path = write_report(page, tmp_path)
    assert path == tmp_path / "report.html"
    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert data == json.loads(json.dumps(as_json(page)))
    assert data["schema"] == "onnxcam.report"
    gallery, groups, charts, table = data["sections"]
    assert [one["kind"] for one in data["sections"]] == ["gallery", "groups", "charts", "table"]
    assert gallery["cards"][7]["key"] == f"{EVIL} 7"
    assert gallery["cards"][7]["stacks"] == [{"caption": EVIL, "picture": None, "heat": None}]
    assert groups["groups"][0]["mean"] is groups["groups"][0]["examples"][0]["picture"] is None
    assert charts["charts"][0]["mean"] == 0.4
    assert table["rows"][2] == [f"{EVIL} 3", None]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["report.html", "report.json"]


def test_what_is_not_a_number_is_null(tmp_path: Path) -> None:
    page = page_of("data:image/webp;base64,no")
    figures = {"inf": math.nan}
    card = page.sections[0].cards[0]  # type: ignore[union-attr]
    object.__setattr__(card, "figures", figures)
    write_report(page, tmp_path)

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    data = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert data["sections"][0]["cards"][0]["figures"] == {"inf": None}
    assert data["title"] == "data:image/webp;base64,no"


def test_a_page_needs_no_more_than_a_verdict() -> None:
    page = Page("check", "a", "b", page_of().verdict, (), (), (), {})
    assert "<h1>a</h1>" in render(page)


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(InputError, match=r"cannot write '.*report\.json': .*\. Choose another folder\."):
        write_report(page_of("a"), tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["report.json"]


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_packages() is None
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "vl_convert" else object())
    assert missing_packages() == (
        'there is no report.html: it takes vl-convert-python; run pip install "onnxcam[audit]"'
    )
