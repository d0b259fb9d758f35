"""What a person does at the page, and what can be seen there."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Page


def choose(page: Page, path: Path | dict[str, Any]) -> None:
    """Choose a picture and wait for its overlay."""
    page.set_input_files("#file", path)
    page.wait_for_selector("button.class[aria-pressed=true]")
    page.wait_for_selector("#answers[aria-busy=false]")


def best(page: Page) -> list[str]:
    return [text.replace("\n", " ") for text in page.locator("#best button").all_inner_texts()]


def pressed(page: Page) -> str:
    return page.locator("button.class[aria-pressed=true] .name").first.inner_text()


def shown(page: Page) -> NDArray[np.uint8]:
    """The pixels on the canvas, RGB."""
    url = page.evaluate("document.getElementById('canvas').toDataURL('image/png')")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGB"))


def told(page: Page, name: str) -> None:
    """Wait until the page says that the overlay is that of `name`."""
    page.wait_for_function(
        "(name) => document.getElementById('status').innerText === `The overlay shows what speaks for ${name}.`",
        arg=name,
    )


def set_opacity(page: Page, percent: int) -> None:
    page.locator("#opacity").fill(str(percent))
    page.wait_for_timeout(100)


def dropped(page: Page, *files: tuple[str, bytes]) -> None:
    """A real drop event for each file, one right after the other; the browser is kept from opening it itself."""
    kept = page.evaluate(
        """(files) => {
            const kept = [];
            for (const [name, content] of files) {
                const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
                const dataTransfer = new DataTransfer();
                dataTransfer.items.add(new File([bytes], name));
                for (const type of ["dragenter", "dragover", "drop"]) {
                    const options = { dataTransfer, bubbles: true, cancelable: true };
                    kept.push(!document.getElementById("drop").dispatchEvent(new DragEvent(type, options)));
                }
            }
            return kept;
        }""",
        [(name, base64.b64encode(content).decode()) for name, content in files],
    )
    assert kept == [False, True, True] * len(files)
