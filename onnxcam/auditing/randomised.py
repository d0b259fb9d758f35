"""The randomisation test in an audit: on its first pictures, in a few steps, as plain values."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Mapping
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.columns import Row
from onnxcam.auditing.decoding import alike, decode
from onnxcam.auditing.rows import RowMaker
from onnxcam.auditing.settings import LABEL
from onnxcam.datasets import Record
from onnxcam.errors import InputError
from onnxcam.randomising import Mode, Step, randomisation_test
from onnxcam.samples import join
from onnxcam.targets import ClassIndex

__all__ = ["PICTURES", "STEPS", "Randomisation", "RandomisedStep", "check_randomisation", "randomise"]

PICTURES = 16
"""Pictures that the test is made on, where nothing else is said."""
STEPS = 12
"""Steps at most: nodes that follow each other share one."""


@dataclasses.dataclass(frozen=True, slots=True)
class RandomisedStep:
    """The model with some weights shuffled, held against the model as it is.

    Attributes:
        first: Of the nodes whose weights this step is the first to shuffle, or the only one, that nearest to the
            score.
        last: That nearest to the input.
        nodes: How many they are.
        reaches_layer: Whether shuffled weights lie at or before the layer that is explained.
        spearman: Mean rank correlation of the maps with the original's, in [-1, 1]; None where no map has one.
        spearman_of: Maps that have one: neither theirs nor the original's is constant.
        ssim: Mean structural similarity; None where no map has one.
        ssim_of: Maps that have one.
        note: What the reader must know, None for nothing.
    """

    first: str
    last: str
    nodes: int
    reaches_layer: bool
    spearman: float | None
    spearman_of: int
    ssim: float | None
    ssim_of: int
    note: str | None


@dataclasses.dataclass(frozen=True, slots=True)
class Randomisation:
    """What became of the maps as weights were shuffled.

    Attributes:
        mode: `cascading` or `independent`.
        asked: Pictures that were asked for.
        pictures: Those that it was made on.
        steps: From the score to the input.
        notes: What is left alone.
    """

    mode: str
    asked: int
    pictures: int
    steps: tuple[RandomisedStep, ...]
    notes: tuple[str, ...]

    @property
    def final(self) -> float | None:
        """The mean rank correlation of the last step that has one: with all weights shuffled, of `cascading`.

        Where shuffled weights leave constant maps alone, that of the step before; None where no step has one.
        """
        return next((step.spearman for step in reversed(self.steps) if step.spearman is not None), None)

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Randomisation:
        """From what `dataclasses.asdict` makes of it, and JSON of that."""
        steps = tuple(RandomisedStep(**step) for step in record["steps"])
        return cls(**{**record, "steps": steps, "notes": tuple(record["notes"])})


def check_randomisation(mode: str | None, pictures: int) -> None:
    """Refuse a test that there is not, before anything is run.

    Raises:
        InputError: No such mode, or no pictures.
    """
    if mode is not None and mode not in get_args(Mode):
        raise InputError(f"no randomisation '{mode}'. Choose 'cascading' or 'independent'.", mode=mode)
    if pictures < 1:
        raise InputError(f"a randomisation test of {pictures} pictures shows nothing. Give 1 or more.", given=pictures)


def randomise(rows: Iterable[Row], maker: RowMaker, mode: Mode, pictures: int) -> Randomisation:
    """Explain the first pictures again, by models with more and more of the weights shuffled.

    Of tensors of several shapes, those that are shaped as the first.

    Args:
        rows: Of the audit.
        maker: What made them.
        mode: As for `randomisation_test`.
        pictures: How many, at most, of those that could be explained.

    Raises:
        InputError: No picture could be explained, the model has no weights to shuffle, or SciPy is not installed.
        OnnxcamError: As `randomisation_test`.
    """
    first = list(itertools.islice((row for row in rows if row["error"] is None), pictures))
    decoded = [decode(Record(row["key"], row["path"]), maker.gathers) for row in first]
    places = next(iter(alike(decoded)), [])
    if not places:
        raise InputError("no picture could be explained.")
    settings, target = maker.settings, maker.settings.target
    found = randomisation_test(
        settings.model,
        join([decoded[place].samples[0] for place in places]),
        target=ClassIndex(tuple(first[p]["class_index"] for p in places)) if target == LABEL else target,
        method=settings.method,
        layer=settings.layer,
        output=settings.output,
        provider=settings.provider,
        preprocess=settings.preprocess,
        labels=settings.labels,
        head=settings.head,
        mode=mode,
        most=STEPS,
    )
    return Randomisation(mode, pictures, len(places), tuple(_plain(step) for step in found.steps), found.notes)


def _plain(step: Step) -> RandomisedStep:
    by_rank, by_structure = (_mean(values) for values in (step.spearman, step.ssim))
    nodes = step.nodes
    return RandomisedStep(nodes[0], nodes[-1], len(nodes), step.reaches_layer, *by_rank, *by_structure, note=step.note)


def _mean(values: NDArray[np.float64]) -> tuple[float | None, int]:
    """The mean of what is known, and of how many that is."""
    known = values[~np.isnan(values)]
    return (float(known.mean()) if len(known) else None), len(known)
