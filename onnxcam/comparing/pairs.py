"""From a batch of records to a row for each: what two models say of it, and how alike their maps are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing import Kind, Row, RowMaker, Settings
from onnxcam.auditing.confidence import probabilities
from onnxcam.auditing.decoding import Decoded, Gather, alike, decode
from onnxcam.auditing.rows import Made
from onnxcam.comparing.layers import matched
from onnxcam.datasets import Record
from onnxcam.errors import InputError, OnnxcamError
from onnxcam.explainer import Explainer
from onnxcam.explanation import Explanation
from onnxcam.metrics import SIMILARITIES, require_scipy, similarities
from onnxcam.samples import Samples, join
from onnxcam.targets import ClassIndex

__all__ = ["COLUMNS", "Found", "PairMaker"]

COLUMNS: dict[str, Kind] = {
    "key": "text",
    "path": "text",
    "label": "text",
    "first_predicted_index": "whole",
    "first_predicted": "text",
    "first_confidence": "number",
    "second_predicted_index": "whole",
    "second_predicted": "text",
    "second_confidence": "number",
    "is_same": "truth",
    "class_index": "whole",
    "class_name": "text",
    "first_probability": "number",
    "second_probability": "number",
    "drift": "number",
    **dict.fromkeys(SIMILARITIES, "number"),
    "first_is_empty": "truth",
    "second_is_empty": "truth",
    "notes": "texts",
    "error": "text",
}
Pair = tuple[Explanation, Explanation]
Shares = NDArray[np.float64]
Found = tuple[Pair, tuple[Shares, Shares], int]
"""Two results of a batch, the probabilities of the classes in each, and the record's row in them."""


class PairMaker:
    """Makes rows of records with two models, batch by batch, and remembers nothing between them.

    Both explain the same class of a record: the one that the first predicts, or what its settings say. A row has, in
    this order: `key`, `path` and `label` of the record; what each model predicts, with its probability; `is_same`,
    whether they agree; the class that is explained, and its probability in each; `drift`, the second one's minus the
    first one's; each similarity of the two maps by its name, None where one is constant; whether each map is zero
    everywhere; `notes`; and `error`, None for a record that both explained.

    Args:
        first: Settings of the first model, and what is explained.
        second: Settings of the other. Its layer is found by the first one's, unless it is named.
        threads: As for `Explainer`.

    Attributes:
        first: Runs the first model.
        second: Runs the other.
        matching: How their layers were matched, in words.
        gathers: What decodes a file for each model; once, where both take the same.

    Raises:
        OnnxcamError: A model cannot be explained.
    """

    def __init__(self, first: Settings, second: Settings, threads: int = 0) -> None:
        require_scipy(["ssim"])
        self._maker = RowMaker(dataclasses.replace(first, metrics=()), threads)  # whose own figures are not asked for
        self._method = first.method
        self.first: Explainer = self._maker.explainer
        self.second, self.matching = matched(self.first, second, threads)
        own, theirs = self._maker.gathers[0], second.gather_with(self.second)
        is_alike = _takes(self.first, first) == _takes(self.second, second)
        self.gathers: tuple[Gather, ...] = (own,) if is_alike else (own, theirs)

    @property
    def batch(self) -> int | None:
        """The batch that a model fixes."""
        sizes = [one.input.shape[0] for one in (self.first, self.second) if one.input.shape]
        return max((size for size in sizes if size is not None), default=None)

    @property
    def columns(self) -> dict[str, Kind]:
        """The names of a row's values, in order, and what each is where it is not None."""
        return dict(COLUMNS)

    def __call__(self, records: Iterable[Record]) -> list[Row]:
        """The rows of some records, in their order; what could not be read or explained has its reason in `error`."""
        return [row for row, _ in self.made([decode(one, self.gathers) for one in records])]

    def made(self, batch: Sequence[Decoded]) -> Iterator[Made]:
        """The rows of records that are decoded; no map is kept."""
        for one, found in zip(batch, self.explained(batch), strict=True):
            yield self._finished(one.record, found), None

    def explained(self, batch: Sequence[Decoded]) -> list[Found | str]:
        """What both models say of each record that is decoded, or why nothing is known of it."""
        found: list[Found | str] = [one.error or "" for one in batch]
        for places in alike(batch):
            for place, of_one in zip(places, self._found([batch[p] for p in places]), strict=True):
                found[place] = of_one
        return found

    def name_of(self, index: int) -> str | None:
        """The class's name, where it is known."""
        return self._maker.name_of(index)

    def _found(self, batch: Sequence[Decoded]) -> list[Found | str]:
        """Of samples of one shape; where the batch fails, one by one, so that the others are not lost with one."""
        try:
            pair, shares = self._explain(batch)
        except OnnxcamError as error:
            return [str(error)] if len(batch) == 1 else [one for each in batch for one in self._found([each])]
        return [(pair, shares, i) for i in range(len(batch))]

    def _finished(self, record: Record, found: Found | str) -> Row:
        if isinstance(found, str):
            return self._empty(record, found)
        try:
            return self._row(record, *found)
        except OnnxcamError as error:  # maps that cannot be compared
            return self._empty(record, str(error))

    def _explain(self, batch: Sequence[Decoded]) -> tuple[Pair, tuple[Shares, Shares]]:
        ours, theirs = (join([one.samples[place] for one in batch]) for place in (0, -1))
        aim = self._maker.aim([one.record for one in batch])
        first = self.first.explain(ours, aim, self._method)
        if (first.class_index >= 0).all():  # a single score is no class
            aim = ClassIndex(tuple(int(c) for c in first.class_index))
        second = self.second.explain(theirs, aim, self._method)
        found = _shares(self.first, ours, first), _shares(self.second, theirs, second)
        counts = [one.shape[1] for one in found]
        if counts[0] != counts[1]:
            raise InputError(
                f"the first model has {counts[0]} classes, the second {counts[1]}: they cannot be compared. Name the "
                "scores with --output-name.",
                classes=tuple(counts),
            )
        return (first, second), found

    def _empty(self, record: Record, error: str | None = None) -> Row:
        label = None if record.label is None else str(record.label)
        return {**dict.fromkeys(COLUMNS), "key": record.key, "path": record.path, "label": label, "error": error}

    def _row(self, record: Record, pair: Pair, shares: tuple[Shares, Shares], i: int) -> Row:
        row, chosen = self._empty(record), int(pair[0].class_index[i])
        explained = max(0, chosen)  # a single score is no class, and the only one
        for which, result, of_all in zip(("first", "second"), pair, shares, strict=True):
            best = int(of_all[i].argmax())
            row |= {
                f"{which}_predicted_index": best,
                f"{which}_predicted": self.name_of(best),
                f"{which}_confidence": float(of_all[i, best]),
                f"{which}_probability": float(of_all[i, explained]),
                f"{which}_is_empty": not result.map[i].any(),
            }
        found = similarities(*_on_one_grid(pair, i))
        return row | {
            "is_same": row["first_predicted_index"] == row["second_predicted_index"],
            "class_index": chosen if chosen >= 0 else None,
            "class_name": self._maker.name_of(chosen),
            "drift": row["second_probability"] - row["first_probability"],
            **{name: None if np.isnan(value) else value for name, value in found.items()},
            "notes": list(dict.fromkeys((*pair[0].notes, *pair[1].notes))),
        }


def _shares(explainer: Explainer, samples: Samples, result: Explanation) -> Shares:
    return probabilities(explainer.scores_of(samples, result.logits))


def _takes(explainer: Explainer, settings: Settings) -> tuple[Any, ...]:
    """All that makes samples for a model what they are."""
    return explainer.input, explainer.inputs, explainer.preprocess, settings.inputs


def _on_one_grid(pair: Pair, i: int) -> list[NDArray[np.float32]]:
    """The two maps at the model's input where both lie on the picture alike, else over the original picture."""
    maps = [result.map[i] for result in pair]
    frames: list[Any] = [result.pictures[i].geometry if result.pictures else None for result in pair]
    if frames[0] == frames[1] and maps[0].shape == maps[1].shape:
        return maps
    if None in frames:
        raise InputError(
            f"the maps have shapes {maps[0].shape} and {maps[1].shape}, and no picture lies behind them. Give "
            "pictures, or models of one input size.",
            shapes=tuple(one.shape for one in maps),
        )
    return [frame.to_original(one) for frame, one in zip(frames, maps, strict=True)]
