"""The page of an export: looked at before anything is computed, written at the end."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from onnxcam import Explainer
from onnxcam.cli.results import check_folder
from onnxcam.errors import InputError
from onnxcam.exporting import Exported, export_from
from onnxcam.exporting.web import PageConfig, describe_page, find_runtime, write_page
from onnxcam.graph import external_tensors
from onnxcam.imaging import PICTURE_SUFFIXES
from onnxcam.targets import PredictedClass

__all__ = ["Page", "plan_page", "write_exported_page"]

MOST_SAMPLES = 12
"""Pictures that a page offers to try."""


@dataclasses.dataclass(frozen=True, slots=True)
class Page:
    """A page, to be written or written.

    Attributes:
        folder: Its folder.
        config: What it has to know of the model.
        runtime: Where ONNX Runtime's files for browsers are.
        samples: Pictures that it offers to try.
        files: Its files, `index.html` first; empty until it is written.
    """

    folder: Path
    config: PageConfig
    runtime: Path
    samples: tuple[Path, ...]
    files: tuple[Path, ...] = ()


def plan_page(
    explainer: Explainer,
    folder: Path,
    runtime: Path | None,
    inputs: Sequence[Path],
    *,
    method: str,
    is_fixed: bool,
    is_forced: bool,
) -> Page:
    """What is needed for a page, found before anything is computed.

    Args:
        explainer: Of the shipped model.
        folder: Where to write.
        runtime: Where ONNX Runtime's files for browsers are; None to look for them.
        inputs: The files that were given; pictures among them are offered to try.
        method: A method's name.
        is_fixed: Whether what is explained, or the map's size, is asked to be another than the page's.
        is_forced: Whether existing files may be overwritten.

    Raises:
        InputError: The page cannot show this model, a folder that cannot be written to, or no runtime.
    """
    if is_fixed:
        raise InputError(
            "on the page a person picks the class, and sees the map at the picture's size. Leave out --target and "
            "--raw, or --web."
        )
    config = describe_page(explainer, method)
    check_folder(folder, ["index.html"], [], is_forced=is_forced, option="--web")
    samples = [path for path in inputs if path.suffix.lower() in PICTURE_SUFFIXES]
    return Page(folder, config, find_runtime(runtime), tuple(samples[:MOST_SAMPLES]))


def write_exported_page(
    page: Page, explainer: Explainer, groups: Sequence[Any], *, is_forced: bool
) -> tuple[Page, Exported]:
    """Export the model for browsers, compare it on the groups of inputs, and write the page.

    Returns:
        The page with its files, and the model in it.

    Raises:
        OnnxcamError: The model cannot be exported, or a file not written.
    """
    with tempfile.TemporaryDirectory() as place:
        exported = export_from(
            explainer,
            Path(place) / "model.onnx",
            groups,
            target=PredictedClass(),
            method=page.config.method,
            target_input="required",
        )
        weights = sorted({str(tensor.location) for tensor in external_tensors(explainer.model.shipped)})
        files = write_page(
            page.folder,
            exported.path,
            page.config,
            page.runtime,
            weights=weights,
            samples=page.samples,
            is_forced=is_forced,
        )
    (model,) = (file for file in files if file.name == exported.path.name)
    return dataclasses.replace(page, files=files), dataclasses.replace(exported, path=model, files=(model,))
