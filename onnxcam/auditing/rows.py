"""From a batch of records to a row for each: plain values in, plain values out."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.columns import COLUMNS, LAST_COLUMNS, Kind, Row
from onnxcam.auditing.confidence import probabilities
from onnxcam.auditing.decoding import Decoded, Gather, alike, decode
from onnxcam.auditing.regions import on_input
from onnxcam.auditing.settings import LABEL, Settings
from onnxcam.auditing.subjects import subject_of
from onnxcam.datasets import Record
from onnxcam.errors import InputError, OnnxcamError
from onnxcam.explanation import Explanation
from onnxcam.metrics import METRICS, Metric, find_metrics, measure, require_scipy
from onnxcam.samples import join
from onnxcam.shortcuts import grid_of
from onnxcam.targets import ClassIndex, Target, resolve_target

__all__ = ["COLUMNS", "Found", "Kind", "Made", "Row", "RowMaker", "cheap"]

TOP = 5
Made: TypeAlias = tuple[Row, NDArray[np.float32] | None]
"""A row and its map."""

Found: TypeAlias = tuple[Explanation, int, NDArray[np.float64]]
"""A batch's result, the record's row in it, and the probabilities of its classes."""

RUNS = frozenset({"probe", "remap"})
"""What a metric needs that runs the model again."""


class RowMaker:
    """Makes rows of records, batch by batch, and remembers nothing between them.

    One is made for each process from settings, which are plain values; so are the records that it is given and the rows
    that it returns. A row has, in this order:

    `key`, `path`, `label` and `label_index` of the record; `predicted_index`, `predicted`, `confidence` (the
    probability of the predicted class) and `is_correct`; `target` in words, `class_index`, `class_name`, `score`
    (before softmax) and `probability` of what is explained; `top5` as indices and `top5_probability`; `peak_x` and
    `peak_y`, pixels of the original; `is_empty`, whether the map is zero everywhere; `regions`, how many lie where the
    model sees; each figure by its name, None where it is not defined; `cluster`, `loneliness`, `border-excess` and
    `corner-excess`, None until all rows are there (`search`); `grid`, the map as 16 x 16 whole numbers from 0 to 255,
    row by row (`onnxcam.shortcuts.grid_of`), None where it is no map of two dimensions; `notes`; and `error`, None for
    a record that was explained.

    Args:
        settings: What rows are made of.
        threads: As for `Explainer`.

    Attributes:
        settings: What it was made with.
        explainer: Runs the model.
        gathers: What decodes a file for the model.
        metrics: What is measured, by name.

    Raises:
        OnnxcamError: The model cannot be explained, or there is no such target, metric or input.
    """

    def __init__(self, settings: Settings, threads: int = 0) -> None:
        self.settings = settings
        self.metrics = cheap() if settings.metrics is None else find_metrics(settings.metrics)
        require_scipy([one.name for one in self.metrics if one.takes_scipy], " Or name others with --metric.")
        self.explainer = settings.explainer(threads)
        self.gathers: tuple[Gather, ...] = (settings.gather_with(self.explainer),)
        self._target: Target | None = None
        if settings.target != LABEL:
            self._target = resolve_target(settings.target, self.explainer.labels)
            if getattr(self._target, "count", 1) != 1:
                raise InputError(
                    f"'{settings.target}' has several maps for a picture, and a row holds one. Name one class.",
                    target=settings.target,
                )

    @property
    def batch(self) -> int | None:
        """The batch that the model fixes."""
        return self.explainer.input.shape[0] if self.explainer.input.shape else None

    @functools.cached_property
    def columns(self) -> dict[str, Kind]:
        """The names of a row's values, in order, and what each is where it is not None."""
        measured: dict[str, Kind] = dict.fromkeys((metric.name for metric in self.metrics), "number")
        return {**COLUMNS, **measured, **LAST_COLUMNS}

    def __call__(self, records: Iterable[Record]) -> list[Row]:
        """The rows of some records, in their order.

        A record that cannot be read or explained has its reason in `error`, and None for what is not known of it.
        """
        return [row for row, _ in self.made([decode(one, self.gathers) for one in records])]

    def made(self, batch: Sequence[Decoded]) -> Iterator[Made]:
        """The rows of records that are decoded, each with its map: float32 `(H, W)`, None where there is none."""
        for one, found in zip(batch, self.explained(batch), strict=True):
            yield self._finished(one, found)

    def explained(self, batch: Sequence[Decoded]) -> list[Found | str]:
        """What the model says of each record that is decoded, or why nothing is known of it."""
        found: list[Found | str] = [one.error or "" for one in batch]
        for places in alike(batch):
            for place, of_one in zip(places, self._explain([batch[p] for p in places]), strict=True):
                found[place] = of_one
        return found

    def _explain(self, batch: Sequence[Decoded]) -> list[Found | str]:
        """Of samples of one shape; where the batch fails, one by one, so that the others are not lost with one."""
        try:
            samples = join([one.samples[0] for one in batch])
            result = self.explainer.explain(samples, self.aim([one.record for one in batch]), self.settings.method)
            shares = probabilities(self.explainer.scores_of(samples, result.logits))
        except OnnxcamError as error:
            return [str(error)] if len(batch) == 1 else [one for each in batch for one in self._explain([each])]
        return [(result, i, shares[i]) for i in range(len(batch))]

    def _finished(self, one: Decoded, found: Found | str) -> tuple[Row, NDArray[np.float32] | None]:
        """The row and the map of what was found; of an error the row that tells it."""
        if isinstance(found, str):
            return self._empty(one.record, found), None
        result, i, shares = found
        try:
            return self._row(one, result, i, shares), result.map[i]
        except OnnxcamError as error:  # regions that do not fit the picture
            return self._empty(one.record, str(error)), None

    def aim(self, records: Sequence[Record]) -> Target:
        """What is explained of some records.

        Raises:
            InputError: Their own labels are, and one is no class of the model.
        """
        if self._target is not None:
            return self._target
        found = [self._index(record.label) for record in records]
        if None in found:
            record = records[found.index(None)]
            raise InputError(
                f"the label of '{record.key}' is {record.label!r}, which is no class of the model. "
                "Give class names with --labels, or explain the predicted class.",
                label=record.label,
            )
        return ClassIndex(tuple(index for index in found if index is not None))

    def _index(self, label: str | int | None) -> int | None:
        """The class that a label names: by its index, else by its name."""
        if label is None or isinstance(label, int):
            return label
        names = self.explainer.labels or ()
        if label in names:
            return names.index(label)
        folded = [name.casefold() for name in names]
        return folded.index(label.casefold()) if label.casefold() in folded else None

    def name_of(self, index: int | None) -> str | None:
        """The class's name, where it is known."""
        names = self.explainer.labels
        return names[index] if names is not None and index is not None and 0 <= index < len(names) else None

    def _empty(self, record: Record, error: str | None = None) -> Row:
        """A row in which nothing is known but the record."""
        label = None if record.label is None else str(record.label)
        known = {"key": record.key, "path": record.path, "label": label, "error": error}
        return {**dict.fromkeys(self.columns), **known, "label_index": self._index(record.label)}

    def _row(self, one: Decoded, result: Explanation, i: int, shares: NDArray[np.float64]) -> Row:
        row, predicted = self._empty(one.record), int(shares.argmax())
        explained = int(result.class_index[i])
        best = np.argsort(-shares, kind="stable")[:TOP]
        truth = row["label_index"]
        row |= {
            "predicted_index": predicted,
            "predicted": self.name_of(predicted),
            "confidence": float(shares[predicted]),
            "is_correct": None if truth is None else truth == predicted,
            "target": result.target[i],
            "class_index": explained if explained >= 0 else None,
            "class_name": self.name_of(explained),
            "score": float(result.score[i]),
            "probability": float(shares[explained]) if 0 <= explained < len(shares) else None,
            "top5": [int(c) for c in best],
            "top5_probability": [float(shares[c]) for c in best],
            "is_empty": not result.map[i].any(),
            "notes": list(result.notes),
        }
        picture = result.pictures[i] if result.pictures else None
        regions = on_input(one.record.regions, picture) if picture is not None else ()
        row["regions"] = len(regions)
        if picture is not None and not row["is_empty"]:
            y, x = np.unravel_index(int(result.map[i].argmax()), result.map[i].shape)
            row["peak_x"], row["peak_y"] = map(float, picture.geometry.to_original_point(x + 0.5, y + 0.5))
        if result.map.ndim == 3:  # a signal's or a volume's map is measured by none
            row["grid"] = grid_of(result.map[i]).ravel().tolist()
            subject = subject_of(self.explainer, one.samples[0], result, i, regions)
            row |= {name: None if np.isnan(value) else value for name, value in measure(subject, self.metrics).items()}
        return row


def cheap() -> tuple[Metric, ...]:
    """The metrics that take no further run of the model."""
    return tuple(one for one in METRICS.values() if not RUNS.intersection(one.needs))
