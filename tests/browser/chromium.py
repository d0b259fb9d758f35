"""A real browser for tests: Chromium, headless, with every sign of trouble noted."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

RUNTIME = Path(__file__).parent / "node_modules" / "onnxruntime-web" / "dist"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


def needed_browser() -> Browser:
    """The browser, started the first time; the test skips where there is none."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    return launched()


def needed_runtime() -> Path:
    """ONNX Runtime's files for browsers; the test skips where they are not installed."""
    if not RUNTIME.is_dir():
        pytest.skip("ONNX Runtime for browsers is not installed: run npm ci in tests/browser")
    return RUNTIME


@functools.cache
def executable() -> str | None:
    """Chromium's path: as CHROMIUM says, else from the PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def missing() -> str | None:
    """Why there is no browser; None where there is one."""
    if executable() is None:
        return "there is no Chromium: install it, or name it in CHROMIUM"
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        return "playwright is not installed, which drives Chromium: pip install playwright"
    return None


@functools.cache
def launched() -> Browser:
    from playwright.sync_api import sync_playwright

    driver = sync_playwright().start()
    atexit.register(driver.stop)
    # no sandbox: it wants rights that containers do not give, and the pages are the tests' own
    browser = driver.chromium.launch(executable_path=executable(), chromium_sandbox=False)
    atexit.register(browser.close)
    return browser


@contextlib.contextmanager
def opened(url: str, *, origin: str | None = None, allowed: tuple[str, ...] = (), **context: object) -> Iterator[Page]:
    """A page of its own at `url`; at the end, anything that went wrong in it fails the test.

    That is an error or warning on the console, an exception nobody caught, a request that fails, and one that leaves
    `origin`. `allowed` are parts of messages that the test expects. `context` goes to the browser: viewport and so on.
    """
    trouble: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            trouble.append(f"console {message.type}: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith((origin or url, "data:", "blob:")):
            trouble.append(f"a request leaves {origin or url}: {request.url}")

    with contextlib.closing(needed_browser().new_context(**context)) as one:
        page = one.new_page()
        page.set_default_timeout(30_000)
        page.on("console", on_console)
        page.on("pageerror", lambda error: trouble.append(f"uncaught: {error}"))
        page.on("request", on_request)
        page.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}: {request.failure}"))
        page.goto(url)
        yield page
        page.wait_for_timeout(50)  # what was just said on the console arrives
    left = [text for text in trouble if not any(part in text for part in allowed)]
    assert not left, "\n".join(left)
