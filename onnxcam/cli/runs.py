"""One run of the explainer over many inputs, batch by batch, and the record that it fills."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from onnxcam import Explainer, Explanation, Preprocess, __version__
from onnxcam.cli.narration import say
from onnxcam.cli.other_inputs import spelled_inputs
from onnxcam.cli.results import describe, make_folder
from onnxcam.cli.sources import Reader, Source, batches
from onnxcam.crew import crew, in_order
from onnxcam.imaging import encode_png, write_whole
from onnxcam.samples import is_array_file, other_inputs
from onnxcam.targets import PREDICTED, Several, Target, resolve_target

__all__ = ["Request", "Run"]

SCHEMA_VERSION = 1
MANY = 8
"""Files from which on several are explained at once, each on fewer threads: one file alone is done sooner on all."""
ZERO_NOTE = "the map is zero everywhere: nothing at this layer raises the score"
ZERO_NOTE_OF_BATCH = "the map of "
"""How a note of `Explanation.notes` begins that is about single samples; the record has it with each of them."""


@dataclasses.dataclass(frozen=True, slots=True)
class Request:
    """What `onnxcam explain` is asked for: its arguments and options."""

    model: Path
    inputs: tuple[Path, ...]
    folder: Path
    target: tuple[str, ...] = (PREDICTED,)
    layer: tuple[str, ...] | None = None
    output_name: str | None = None
    method: str = "grad-cam"
    provider: str = "auto"
    preprocess: str | None = None
    labels: Path | None = None
    head: str | None = None
    others: tuple[str, ...] = ()
    rate: int | None = None
    window: int | None = None
    batch_size: int = 1
    colormap: str = "jet"
    alpha: float = 0.5
    force: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Job:
    """A batch to explain.

    Attributes:
        batch: Where its samples come from.
        given: The samples, as `Explainer.explain` takes them.
        names: Of each source, the file names of its overlays.
    """

    batch: tuple[Source, ...]
    given: object
    names: tuple[Sequence[str], ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A map, ready to be kept: where it comes from, its entry in the record, and its overlay as PNG."""

    source: Source
    entry: dict[str, Any]
    overlay: bytes


class Run:
    """The explainer, the samples, and the record: a header when it is made, an entry for each sample that is done.

    Raises:
        OnnxcamError: The model cannot be explained, or the target or a tensor does not fit it.
    """

    def __init__(self, request: Request, files: Sequence[Path]) -> None:
        self.request = request
        self._workers, threads = crew() if len(files) >= MANY else (1, 0)
        self.explainer = Explainer(
            request.model,
            request.layer,
            request.output_name,
            request.provider,
            request.preprocess,
            request.labels,
            head=request.head,
            threads=threads,
        )
        self.explainer.preprocess = self._with_sounds(self.explainer.preprocess)
        targets = tuple(resolve_target(one, self.explainer.labels) for one in request.target)
        self.target: Target = targets[0] if len(targets) == 1 else Several(targets)
        others = other_inputs(
            spelled_inputs(request.others), self.explainer.inputs, self.explainer.input, self.explainer.preprocess
        )
        self._reader = Reader(self.explainer, others)
        self.sources = self._reader.sources(files)
        self.entries: list[dict[str, Any]] = []
        self._notes: list[str] = []
        self.record = self._header()

    @property
    def maps(self) -> int:
        """Maps for each sample, at most."""
        return int(getattr(self.target, "count", 1))

    def explain(self, names: Sequence[Sequence[str]]) -> Iterator[list[dict[str, Any]]]:
        """Explain the samples, write the overlays of each under its `names`, and give each one's entries.

        Raises:
            OnnxcamError: A sample cannot be read or explained, or its overlay not written.
        """
        unused = iter(names)
        jobs = (
            Job(tuple(batch), self._reader.read(batch), tuple(itertools.islice(unused, len(batch))))
            for batch in batches(self.sources, self._batch_size())
        )
        with contextlib.closing(in_order(self._explained, jobs, self._workers)) as results:
            for result, drawn in results:
                self._narrate(result)
                yield from ([self._keep(one) for one in of_source] for of_source in drawn)

    def _explained(self, job: Job) -> tuple[Explanation, list[list[Drawn]]]:
        """The result of a batch, and of each source its overlays; several threads ask at once."""
        result = self.explainer.explain(job.given, self.target, self.request.method)
        drawn = []
        for sample, (source, names) in enumerate(zip(job.batch, job.names, strict=True)):
            own = np.flatnonzero(result.sample == sample)
            drawn.append([self._draw(result, int(row), source, n) for row, n in zip(own, names, strict=False)])
        return result, drawn

    def _with_sounds(self, preprocess: Preprocess) -> Preprocess:
        """The preprocessing with the options for sounds."""
        request = self.request
        return dataclasses.replace(
            preprocess, rate=request.rate or preprocess.rate, window=request.window or preprocess.window
        )

    def _batch_size(self) -> int:
        own = self.explainer.input.shape[0] if self.explainer.input.shape else None
        return own or self.request.batch_size

    def _draw(self, result: Explanation, index: int, source: Source, name: str) -> Drawn:
        """A map's overlay and its entry in the record."""
        picture = result.plot(index, colormap=self.request.colormap, alpha=self.request.alpha)
        is_zero = not result.raw[index].any()
        entry = {
            "path": str(source.path),
            "row": source.row if source.rows > 1 else None,
            "overlay": name,
            **describe(result, index, self.explainer.labels, self.explainer.plan.scores.class_axis),
            "notes": [ZERO_NOTE] if is_zero else [],
        }
        return Drawn(source, entry, encode_png(picture))

    def _keep(self, one: Drawn) -> dict[str, Any]:
        """Write an overlay and add its entry to the record: here alone, so that one is never without the other."""
        make_folder(self.request.folder)
        write_whole(self.request.folder / one.entry["overlay"], one.overlay)
        self.entries.append(one.entry)
        for note in one.entry["notes"]:
            say(f"Note: {one.source}: {note}.")
        return one.entry

    def _narrate(self, result: Explanation) -> None:
        """Say once what was chosen and why, and each note the first time that it comes."""
        if not self.entries:
            self.record["provider"] = result.provider
            asked = [f"'{one}'" for one in self.request.target]
            target = ", ".join("each input's predicted class" if a == f"'{PREDICTED}'" else a for a in asked)
            reason = self.explainer.plan.reason
            say(f"{reason[:1].upper()}{reason[1:]}")
            say(f"Target: {target}; method: {result.method}; provider: {result.provider}.")
            if result.pictures:
                say(f"Preprocessing: {self.request.preprocess or self.explainer.preparation.source}.")
            say(f"Class names: {self._told_labels()}.")
        for note in result.notes:
            if note not in self._notes and not note.startswith(ZERO_NOTE_OF_BATCH):
                self._notes.append(note)
                say(f"Note: {note}.")

    def _told_labels(self) -> str:
        found = self.explainer.labels
        if found is None:
            return "none in the file (--labels adds them)"
        return f"{len(found)} from {self.explainer.preparation.labels_source}"

    def _header(self) -> dict[str, Any]:
        request, explainer = self.request, self.explainer
        with request.model.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        preparation = explainer.preparation
        preprocess = {
            **dataclasses.asdict(explainer.preprocess),
            "source": preparation.source,
            "is_assumed": preparation.origin == "assumed",
        }
        return {
            "schema": "onnxcam.explanations",
            "schema_version": SCHEMA_VERSION,
            "onnxcam": __version__,
            "complete": False,
            "model": {"file": request.model.name, "sha256": digest},
            "layer": explainer.plan.layer,
            "layers": list(explainer.plan.layers),
            "score_tensor": explainer.plan.output,
            "reason": explainer.plan.reason,
            "target": request.target[0] if len(request.target) == 1 else list(request.target),
            "method": request.method,
            "provider": None,
            "preprocess": preprocess if any(not is_array_file(s.path) for s in self.sources) else None,
            "other_inputs": dict(one.split("=", 1) for one in request.others),
            "labels": preparation.labels_source,
            "colormap": request.colormap,
            "alpha": request.alpha,
            "notes": self._notes,
            "inputs": self.entries,
        }
