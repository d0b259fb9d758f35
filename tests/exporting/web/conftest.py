"""Pages in a browser."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import needed_browser, opened
from tests.browser.serving import served
from tests.exporting.web.stand_in import write_stand_in_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

Visit = Callable[..., AbstractContextManager["Page"]]


@pytest.fixture(scope="session")
def page_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stand-in's page."""
    needed_browser()
    return write_stand_in_page(tmp_path_factory.mktemp("web") / "page")


@pytest.fixture
def visit(page_folder: Path) -> Visit:
    """`with visit() as page:` is the stand-in's page, ready for a picture; or another folder's."""

    @contextlib.contextmanager
    def visited(folder: Path = page_folder, **options: object) -> Iterator[Page]:
        with served(folder) as url, opened(url, **options) as page:
            page.wait_for_selector("html[data-ready]", state="attached")
            yield page

    return visited
