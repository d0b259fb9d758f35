"""A report as files: a page that needs no network, and the same data as JSON."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

from onnxcam.errors import InputError
from onnxcam.reporting.charts import draw
from onnxcam.reporting.numerals import numeral, percent
from onnxcam.reporting.page import Page
from onnxcam.reporting.pictures import FOLDER

__all__ = ["DATA", "PAGE", "SCHEMA_VERSION", "as_json", "missing_packages", "remove_report", "render", "write_report"]

PAGE, DATA = "report.html", "report.json"
SCHEMA_VERSION = 1
ADDRESSES = {"picture", "heat", "mean"}
"""Fields that hold a picture's address."""
PACKAGES = {"jinja2": "Jinja2", "vl_convert": "vl-convert-python"}


def missing_packages() -> str | None:
    """Why no report can be made here: what is not installed; None where one can."""
    import importlib.util

    missing = [name for module, name in PACKAGES.items() if importlib.util.find_spec(module) is None]
    if not missing:
        return None
    return f'there is no {PAGE}: it takes {" and ".join(missing)}; run pip install "onnxcam[audit]"'


def write_report(page: Page, folder: Path) -> Path:
    """Write `report.html` and `report.json` into a folder, each whole or not at all; gives the page's path.

    Raises:
        InputError: The folder cannot be written to.
    """
    for name, text in ((DATA, json.dumps(as_json(page), indent=1, ensure_ascii=False)), (PAGE, render(page))):
        path = folder / name
        beside = path.with_name(f".{name}.{secrets.token_hex(4)}")
        try:
            beside.write_text(text, encoding="utf-8")
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise InputError(f"cannot write '{path}': {error.strerror}. Choose another folder.", path=path) from error
    return folder / PAGE


def remove_report(folder: Path) -> None:
    """Remove a report and its pictures, where they are."""
    for name in (PAGE, DATA):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def as_json(page: Page) -> dict[str, Any]:
    """What the page says, ready for JSON; pictures that the page holds itself are null."""
    plain = _plain(dataclasses.asdict(page))
    return {"schema": "onnxcam.report", "schema_version": SCHEMA_VERSION, **plain}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: None if _is_within(name, one) else _plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and value != value:  # JSON knows no NaN
        return None
    return value


def _is_within(name: str, value: Any) -> bool:
    """Whether it is a picture that the page holds itself."""
    return name in ADDRESSES and isinstance(value, str) and value.startswith("data:")


def render(page: Page) -> str:
    """The page as HTML. Names and labels come from strangers: all text is escaped, and no other script may run."""
    import jinja2

    files = resources.files("onnxcam.reporting").joinpath("templates")
    read = {name: files.joinpath(name).read_text(encoding="utf-8") for name in ("page.html.j2", "page.css", "page.js")}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"numeral": numeral, "percent": percent}
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False}
    template = environment.from_string(read["page.html.j2"])
    script = read["page.js"]
    allowed = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return template.render(
        page=page, style=read["page.css"], script=script, script_hash=allowed, draw=draw, version=version("onnxcam")
    )
