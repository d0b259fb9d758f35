"""One export: what it is asked for, and the lines that tell of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from onnxcam import Explainer, __version__
from onnxcam.cli.narration import say
from onnxcam.cli.other_inputs import other_inputs
from onnxcam.cli.results import check_folder
from onnxcam.cli.sources import Reader, batches, list_files
from onnxcam.exporting import Agreement, Exported, export_from
from onnxcam.exporting.exporter import TargetInput
from onnxcam.targets import PredictedClass, Several, Target, resolve_target

__all__ = ["ExportRequest", "export_file", "record_of", "tell"]

SCHEMA_VERSION = 1
BATCH = 8
"""Inputs that are compared at once."""


@dataclasses.dataclass(frozen=True, slots=True)
class ExportRequest:
    """What `onnxcam export` is asked for: its arguments and options."""

    model: Path
    inputs: tuple[Path, ...] = ()
    path: Path | None = None
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
    def file(self) -> Path:
        """Where to write."""
        return self.path if self.path is not None else Path(f"{self.model.stem}.cam.onnx")


def export_file(request: ExportRequest) -> Exported:
    """Export, and say on stderr what was chosen and why.

    Raises:
        OnnxcamError: The model cannot be exported so, an input not read, or the file not written.
    """
    files = list_files(request.inputs)
    explainer = Explainer(
        request.model,
        request.layer,
        request.output_name,
        request.provider,
        request.preprocess,
        request.labels,
        head=request.head,
    )
    path = request.file
    check_folder(path.parent, [path.name], [request.model, *files], is_forced=request.force)
    targets = [resolve_target(one, explainer.labels) for one in request.target]
    target: Target = PredictedClass() if not targets else targets[0] if len(targets) == 1 else Several(tuple(targets))
    reader = Reader(explainer, other_inputs(request.others, explainer.inputs, explainer.input))
    size = (explainer.input.shape[0] if explainer.input.shape else None) or BATCH
    groups = [reader.read(batch) for batch in batches(reader.sources(files), size)]
    exported = export_from(
        explainer,
        path,
        groups,
        target=target,
        method=request.method,
        raw=request.raw,
        target_input=request.target_input,
    )
    _narrate(exported)
    return exported


def tell(exported: Exported) -> Iterator[str]:
    """What was written, line by line."""
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


def record_of(exported: Exported) -> dict[str, Any]:
    """The same for JSON."""
    return {
        "schema": "onnxcam.export",
        "schema_version": SCHEMA_VERSION,
        "onnxcam": __version__,
        **dataclasses.asdict(exported),
        "path": str(exported.path),
        "files": [str(file) for file in exported.files],
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
