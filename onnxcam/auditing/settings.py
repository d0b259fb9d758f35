"""What an audit is asked for: plain values, which another process can be sent, and an older run be compared with."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from onnxcam.auditing.decoding import Gather
from onnxcam.explainer import Explainer
from onnxcam.samples import other_inputs

__all__ = ["LABEL", "Settings"]

LABEL = "label"
"""The target that is each record's own label."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """How rows are made: every field is a string, a number, None or a tuple or dict of these.

    Attributes:
        model: Path of the `.onnx` file.
        target: What is explained: `predicted`, `label` for each record's own, or a spelling with one map.
        method: A method's name.
        layer: As for `Explainer`.
        output: The score tensor's name.
        provider: `auto`, `cpu` or `cuda`.
        preprocess: A preset's name or a JSON file.
        labels: A file of class names, or the names.
        head: A detector's head.
        metrics: Names of the metrics; None for those that take no further runs of the model.
        inputs: By name, what the model's other inputs are fed with every record: a file's path, or numbers.
    """

    model: str
    target: str = "predicted"
    method: str = "grad-cam"
    layer: str | tuple[str, ...] | None = None
    output: str | None = None
    provider: str = "auto"
    preprocess: str | None = None
    labels: str | tuple[str, ...] | None = None
    head: str | None = None
    metrics: tuple[str, ...] | None = None
    inputs: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def of(cls, model: str | Path, *more: Any, **named: Any) -> Settings:
        """Settings of what a caller gives, whose paths become plain text, and whose arrays nested lists."""
        return cls(str(model), *map(_plain, more), **{name: _plain(value) for name, value in named.items()})

    def explainer(self, threads: int = 0) -> Explainer:
        """An explainer of the model, with so many threads within an operator, 0 for one for each core.

        Raises:
            OnnxcamError: As `Explainer`.
        """
        layer = list(self.layer) if isinstance(self.layer, tuple) else self.layer
        given = (self.model, layer, self.output, self.provider, self.preprocess, self.labels)
        return Explainer(*given, head=self.head, threads=threads)

    def gather_with(self, explainer: Explainer) -> Gather:
        """What reads a record's file for the explainer, and adds the other inputs.

        Raises:
            InputError: The model has no such input, or what is given does not fit it.
        """
        others = other_inputs(self.inputs, explainer.inputs, explainer.input, explainer.preprocess)
        if not others:
            return explainer.gather
        return lambda given: explainer.gather({**others, explainer.input.name: given})

    def described(self) -> dict[str, Any]:
        """What rows depend on, ready for JSON: these settings, and the contents of the files that they name."""
        plain = {
            name: list(value) if isinstance(value, tuple) else value for name, value in dataclasses.asdict(self).items()
        }
        plain["inputs"] = {name: _described(value) for name, value in self.inputs.items()}
        plain["model"] = {"file": Path(self.model).name, "sha256": digest(Path(self.model))}
        for name in ("preprocess", "labels", "head"):
            plain[name] = _described(getattr(self, name))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _described(value: Any) -> Any:
    """A file by its name and its contents; other values as JSON gives them back."""
    if isinstance(value, str) and Path(value).is_file():
        return {"file": Path(value).name, "sha256": digest(Path(value))}
    return list(value) if isinstance(value, tuple) else value


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
