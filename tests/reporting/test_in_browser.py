"""Reports in a real browser: opened from disk, sorted, filtered, maps made stronger; nothing fails or is fetched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import onnxcam
from onnxcam.reporting import write_report
from tests.auditing.pictures import MODEL, OPTIONS, PICTURES, write_pictures
from tests.browser.chromium import opened
from tests.reporting.pages import page_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

LABELS = (
    "<script>alert(1)</script>",
    'a"><img src=x onerror=alert(2)>',
    "heart's & co",
    "b<b>old</b>",
    "c\u202ed",
    "f",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of an audit of hostile names: 42 pictures, a broken one, and classes that are scripts."""
    root = tmp_path_factory.mktemp("report")
    pictures = write_pictures(root / "pictures", 42)
    sources = sorted(pictures.rglob("*.png"))
    named = [source.rename(pictures / f"<i>{n:02} #%41 'é{source.suffix}") for n, source in enumerate(sources)]
    (pictures / "broken.png").write_bytes(b"no picture")
    rows = [*((one.name, LABELS[n % len(LABELS)]) for n, one in enumerate(named)), ("broken.png", LABELS[0])]
    quoted = ('"{}","{}"'.format(name, label.replace('"', '""')) for name, label in rows)
    (pictures / "index.csv").write_text("\n".join(["path,label", *quoted]), encoding="utf-8")
    options = {**OPTIONS, "labels": LABELS}
    onnxcam.audit(MODEL, pictures / "index.csv", root / "audit", rows="jsonl", **options)
    return root / "audit"


def cards(page: Page) -> list[str]:
    """Keys of the pictures that are shown, in their order."""
    return page.locator(".card:visible .key").all_inner_texts()


def column(page: Page, number: int) -> list[str]:
    """The cells of a column of the table of classes."""
    return page.locator(f".sortable:has-text('accuracy') tbody tr:visible td:nth-child({number})").all_inner_texts()


def test_names_stay_text_and_pictures_are_there(folder: Path) -> None:
    with opened((folder / "report.html").as_uri()) as page:
        assert page.title() == "Where shapes-torchscript.onnx looks"
        assert page.locator("script").count() == 1
        assert set(column(page, 1)) == {label for label in LABELS}
        assert len(cards(page)) == 12
        assert page.locator("text=broken.png").first.is_visible()
        sizes = page.evaluate("[...document.querySelectorAll('.card:not([hidden]) img')].map(i => i.naturalWidth)")
        assert len(sizes) == 24
        assert min(sizes) > 0


def test_pictures_are_searched_ordered_and_turned_over(folder: Path) -> None:
    with opened((folder / "report.html").as_uri()) as page:
        worst = cards(page)
        page.locator(".next").click()
        second = cards(page)
        assert len(second) == 12
        assert not set(worst) & set(second)
        assert page.locator(".pages .count").inner_text() == "13 to 24 of 42"
        page.locator(".search").fill("HEART'S 08")
        assert cards(page) == ["<i>08 #%41 'é.png"]
        page.locator(".search").fill("")
        assert cards(page) == worst

        page.locator(".only").select_option("right")
        assert set(page.locator(".card:visible .badge").all_inner_texts()) == {"right"}
        page.locator(".only").select_option("")
        page.locator(".order").select_option(label="most at the border first")
        page.locator(".card:visible summary").first.click()
        shown = "[...document.querySelectorAll('.card:not([hidden])')]"
        figures = page.evaluate(f"{shown}.map(card => JSON.parse(card.dataset.figures)['border-energy'])")
        assert figures == sorted(figures, reverse=True)
        assert figures[0] > figures[-1]


def test_a_slider_makes_a_map_stronger(folder: Path) -> None:
    with opened((folder / "report.html").as_uri()) as page:
        card = page.locator(".card:visible").first

        def seen(percent: int) -> np.ndarray:
            card.locator(".opacity").fill(str(percent))
            shot = folder / f"{percent}.png"
            card.locator(".layers").screenshot(path=shot)
            with Image.open(shot) as picture:
                return np.asarray(picture.convert("RGB"), float)

        without, half, only = seen(0), seen(50), seen(100)
        assert abs(without - only).mean() > 20
        assert abs(half - (without + only) / 2).mean() < 2
        opacities = "[...document.querySelectorAll('.card .heat')].map(i => getComputedStyle(i).opacity)"
        assert set(page.evaluate(opacities)) == {"1", "0.5"}
        page.locator(".opacities").fill("20")
        assert set(page.evaluate(opacities)) == {"0.2"}
        assert card.locator(".opacity").input_value() == "20"


def test_the_table_sorts_and_filters(folder: Path) -> None:
    with opened((folder / "report.html").as_uri()) as page:
        table = page.locator(".sortable:has-text('accuracy')")
        first = column(page, 3)
        table.get_by_role("button", name="accuracy").click()
        down = [float(one) for one in column(page, 3)]
        assert down == sorted(map(float, first), reverse=True)
        assert down[0] > down[-1]
        table.get_by_role("button", name="accuracy").click()
        assert [float(one) for one in column(page, 3)] == down[::-1]
        table.get_by_role("button", name="class").click()
        assert table.locator("th[aria-sort]").all_inner_texts() == ["class"]
        table.locator(".filter").fill("<SCRIPT>")
        assert column(page, 1) == [LABELS[0]]
        assert table.locator(".count").inner_text() == "1 of 6 rows"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone_in_light_and_dark(folder: Path, scheme: str) -> None:
    uri = (folder / "report.html").as_uri()
    with opened(uri, viewport={"width": 360, "height": 740}, color_scheme=scheme) as page:
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        small = "e => e.checkVisibility() && e.innerText && parseFloat(getComputedStyle(e).fontSize) < 12"
        assert page.evaluate(f"[...document.querySelectorAll('main *')].filter({small}).length") == 0
        assert contrast(page) > 7
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.locator("#theme").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before
        assert contrast(page) > 7


def contrast(page: Page) -> float:
    """Of text and ground, as WCAG 2.2 defines it."""
    of = "(name) => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number)"
    bright = []
    for name in ("color", "backgroundColor"):
        share = np.array(page.evaluate(of, name)[:3]) / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        bright.append(float(linear @ [0.2126, 0.7152, 0.0722]))
    return (max(bright) + 0.05) / (min(bright) + 0.05)


def test_both_maps_of_a_comparison_stand_side_by_side(tmp_path: Path) -> None:
    other = MODEL.with_name("shapes-int8.onnx")
    found = onnxcam.compare(MODEL, other, PICTURES[0].parent, tmp_path / "compare", rows="jsonl", **OPTIONS)
    assert found.report_path is not None
    with opened(found.report_path.as_uri()) as page:
        stacks = page.locator(".card").first.locator(".stack")
        assert stacks.locator("figcaption").all_inner_texts() == ["first", "second"]
        left, right = (stacks.nth(n).bounding_box() for n in (0, 1))
        assert left is not None
        assert right is not None
        assert left["y"] == right["y"]
        assert left["x"] + left["width"] < right["x"]
        keys = [one.key for one in found.summary.worst]
        assert cards(page) == keys[:12]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a check that fails: of 60 pictures in three classes."""
    root = tmp_path_factory.mktemp("check")
    for number in range(60):
        source = PICTURES[number % 3]
        target = root / "pictures" / source.stem / f"{number:02} #1.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    table = f'[[audit]]\nname = "a"\nmodel = "{MODEL.as_posix()}"\ndataset = "pictures"\nmetrics = ["border-energy"]\n'
    table += "".join(f'{name} = "{OPTIONS[name].as_posix()}"\n' for name in ("preprocess", "labels"))
    (root / "policy.toml").write_text(table + 'require = ["border-energy <= 0 on 99 % of pictures", "empty <= 1"]')
    onnxcam.check(root / "policy.toml", root / "out")
    return root / "out"


def test_a_check_shows_what_was_missed_and_leads_to_its_runs(checked: Path) -> None:
    with opened((checked / "report.html").as_uri(), origin=checked.as_uri()) as page:
        assert page.locator(".verdict.bad h2").inner_text() == "Failed. 1 of 3 demands is missed."
        verdicts = page.locator(".table tbody tr td:first-child").all_inner_texts()
        assert verdicts == ["missed", "met", "met"]
        assert len(cards(page)) == 5
        assert {key.split(":")[0] for key in cards(page)} == {"a"}
        sizes = page.evaluate("[...document.querySelectorAll('.card img')].map(i => i.naturalWidth)")
        assert len(sizes) == 10
        assert min(sizes) > 0
        page.get_by_role("link", name="report of a").click()
        page.wait_for_url("**/a/report.html")
        assert page.title() == "Where shapes-torchscript.onnx looks"


def test_an_example_of_a_cluster_leads_to_its_picture(checked: Path) -> None:
    with opened((checked / "a" / "report.html").as_uri(), origin=checked.as_uri()) as page:
        example = page.locator(".group .examples a").last
        example.scroll_into_view_if_needed()
        assert example.locator("img").evaluate("async one => { await one.decode(); return one.naturalWidth }") > 0
        example.click()
        picture = page.locator(f".card:has-text('{example.get_attribute('title')}')")
        assert picture.is_visible()
        assert page.evaluate("document.querySelector('.card:target') !== null")


def test_a_page_of_hostile_texts_of_every_kind_is_only_text(tmp_path: Path) -> None:
    write_report(page_of(), tmp_path)
    with opened((tmp_path / "report.html").as_uri()) as page:
        assert page.title() == page_of().title
        assert page.locator("script").count() == 1
        assert len(cards(page)) == 12
        page.locator(".group .examples a").click()
        assert page.locator(".card:target").is_visible()
        assert cards(page)[0].endswith(" 12")
        page.locator(".order").select_option(index=1)
        assert [key.rsplit(" ", 1)[1] for key in cards(page)] == [str(n) for n in range(28, 16, -1)]
