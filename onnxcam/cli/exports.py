"""One export: what it is asked for, the file or the page that it writes, and the lines that tell of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from onnxcam import Explainer, __version__
from onnxcam.cli.narration import say
from onnxcam.cli.other_inputs import spelled_inputs
from onnxcam.cli.pages import Page, plan_page, write_exported_page
from onnxcam.cli.results import check_folder
from onnxcam.cli.sources import Reader, batches, list_files
from onnxcam.errors import InputError
from onnxcam.exporting import Agreement, Exported, TargetInput, export_from
from onnxcam.samples import other_inputs
from onnxcam.targets import PredictedClass, Several, Target, resolve_target

__all__ = ["ExportRequest", "Written", "record_of", "tell", "write_export"]

SCHEMA_VERSION = 1
BATCH = 8
"""Inputs that are compared at once."""


@dataclasses.dataclass(frozen=True, slots=True)
class ExportRequest:
    """What `onnxcam export` is asked for: its arguments and options."""

    model: Path
    inputs: tuple[Path, ...] = ()
    path: Path | None = None
    web: Path | None = None
    web_runtime: Path | None = None
    target: tuple[str, ...] = ()
    target_input: TargetInput = "optional"
    raw: bool = False
    layer: tuple[str, ...] | None = None
    output_name: str | None = None
    method: str = "grad-cam"
    provider: str = "auto"
    preprocess: str | None = None
    labels: Path | None = None
    head: str | None = None
    others: tuple[str, ...] = ()
    force: bool = False

    @property
    def file(self) -> Path | None:
        """Where to write the model; None where a page alone is wanted."""
        if self.path is not None or self.web is not None:
            return self.path
        return Path(f"{self.model.stem}.cam.onnx")


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """What was written: the model, a page, or both.

    Attributes:
        exported: The model; of a page alone, the one in its folder.
        page: The page; None where none was asked for.
    """

    exported: Exported
    page: Page | None


def write_export(request: ExportRequest) -> Written:
    """Export, and say on stderr what was chosen and why.

    Raises:
        OnnxcamError: The model cannot be exported so, an input not read, or a file not written.
    """
    files = list_files(request.inputs)
    if request.file is not None:
        _check_file(request.file, [request.model, *files], is_forced=request.force)
    explainer = Explainer(
        request.model,
        request.layer,
        request.output_name,
        request.provider,
        request.preprocess,
        request.labels,
        head=request.head,
    )
    page = _planned_page(request, explainer, files)
    groups = _groups(request, explainer, files)
    exported = _export(request, explainer, groups)
    if page is not None:
        page, of_page = write_exported_page(page, explainer, groups, is_forced=request.force)
        exported = exported or of_page
    assert exported is not None
    _narrate(exported)
    return Written(exported, page)


def _planned_page(request: ExportRequest, explainer: Explainer, files: Sequence[Path]) -> Page | None:
    if request.web is None:
        return None
    return plan_page(
        explainer,
        request.web,
        request.web_runtime,
        files,
        method=request.method,
        is_fixed=bool(request.target or request.raw),
        is_forced=request.force,
    )


def _groups(request: ExportRequest, explainer: Explainer, files: Sequence[Path]) -> list[Any]:
    """The inputs to compare on, as the explainer takes them."""
    spelled = spelled_inputs(request.others)
    reader = Reader(explainer, other_inputs(spelled, explainer.inputs, explainer.input, explainer.preprocess))
    size = (explainer.input.shape[0] if explainer.input.shape else None) or BATCH
    return [reader.read(batch) for batch in batches(reader.sources(files), size)]


def _export(request: ExportRequest, explainer: Explainer, groups: Sequence[Any]) -> Exported | None:
    if request.file is None:
        return None
    targets = [resolve_target(one, explainer.labels) for one in request.target]
    target: Target = PredictedClass() if not targets else targets[0] if len(targets) == 1 else Several(tuple(targets))
    return export_from(
        explainer,
        request.file,
        groups,
        target=target,
        method=request.method,
        raw=request.raw,
        target_input=request.target_input,
    )


def _check_file(path: Path, inputs: Sequence[Path], *, is_forced: bool) -> None:
    """Refuse a file that cannot be written, or is there already; nothing is made.

    Raises:
        InputError: With `path`.
    """
    if path.is_dir():
        raise InputError(f"'{path}' is a folder. Name the file: -o {path / 'model.cam.onnx'}.", path=path)
    check_folder(path.parent, [], [], is_forced=is_forced)
    if path.resolve() in {one.resolve() for one in inputs}:
        raise InputError(f"'{path}' would overwrite what is read. Choose another file with -o.", path=path)
    if path.exists() and not is_forced:
        raise InputError(f"'{path}' exists. Overwrite with --force, or choose another file with -o.", path=path)


def tell(written: Written) -> Iterator[str]:
    """What was written, line by line."""
    exported, page = written.exported, written.page
    is_kept = exported.opset == exported.shipped_opset
    opset = f"{exported.opset} as before" if is_kept else f"{exported.opset} in place of {exported.shipped_opset}"
    grown = exported.size - exported.shipped_size
    yield f"{exported.path}: {exported.size:,} bytes ({grown:+,}), opset {opset}"
    for kind, ports in (("input", exported.inputs), ("output", exported.outputs)):
        for port in ports:
            yield f"  {kind:<6}  {'+' if port.is_added else ' '} {port}{', optional' if port.is_optional else ''}"
    for what, found in (("random", exported.random), ("given", exported.given)):
        if found is not None:
            yield f"  compared  {_compared(found, what)}"
    for file in exported.files[:-1]:
        yield f"  weights   {file}"
    if page is not None:
        yield f"{page.folder}: a page of {len(page.files)} files. Any web server shows it, as this one does:"
        yield f"  python -m http.server -d {page.folder}"


def record_of(written: Written) -> dict[str, Any]:
    """The same for JSON."""
    exported, page = written.exported, written.page
    return {
        "schema": "onnxcam.export",
        "schema_version": SCHEMA_VERSION,
        "onnxcam": __version__,
        **dataclasses.asdict(exported),
        "path": str(exported.path),
        "files": [str(file) for file in exported.files],
        "page": None if page is None else {"path": str(page.folder), "files": [str(file) for file in page.files]},
    }


def _compared(found: Agreement, what: str) -> str:
    inputs = f"{found.samples} {what} input{'s' if found.samples > 1 else ''}"
    classes = f", {found.classes} with another class" if found.classes else ""
    return f"on {inputs}: outputs differ by {found.outputs:.1e} at most, maps by {found.maps:.1e}{classes}"


def _narrate(exported: Exported) -> None:
    reason = exported.reason
    say(f"{reason[:1].upper()}{reason[1:]}")
    say(f"Target: {', '.join(exported.targets)}; method: {exported.method}.")
    for note in exported.notes:
        say(f"Note: {note}.")
