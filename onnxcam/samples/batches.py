"""Samples that are ready for the model, and batches of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.explanation import Picture
from onnxcam.imaging import Backdrop
from onnxcam.samples.specs import InputSpec

__all__ = ["Samples", "backdrops", "cut", "join"]


@dataclasses.dataclass(frozen=True, slots=True)
class Samples:
    """N samples, ready for the model.

    Attributes:
        feeds: An array for each input, by name.
        count: N.
        pictures: The originals where pictures were given.
        backdrops: What the maps are drawn over, where a file tells more of its samples than their numbers.
        rate: Sample rate of a sound, Hz; None where there is none.
        whole: Names of the inputs whose first axis does not count the samples, whatever its length.
        notes: What the reader must know of how the file became these samples.
    """

    feeds: Mapping[str, NDArray[Any]]
    count: int
    pictures: tuple[Picture, ...] = ()
    backdrops: tuple[Backdrop, ...] = ()
    rate: int | None = None
    whole: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def counts(self, name: str) -> bool:
        """Whether the first axis of an input counts the samples."""
        array = self.feeds[name]
        return name not in self.whole and array.ndim > 0 and len(array) == self.count

    def rows(self, rows: Sequence[int]) -> Samples:
        """The samples of those indices."""
        return dataclasses.replace(
            self,
            feeds={n: a[list(rows)] if self.counts(n) else a for n, a in self.feeds.items()},
            count=len(rows),
            pictures=tuple(self.pictures[row] for row in rows) if self.pictures else (),
            backdrops=tuple(self.backdrops[row] for row in rows) if self.backdrops else (),
        )


def join(parts: Sequence[Samples]) -> Samples:
    """Samples from several files as one; what does not count samples comes from the first.

    Raises:
        InputError: They differ in their inputs, or in shape.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    shapes = [{n: a.shape[1:] if p.counts(n) else a.shape for n, a in p.feeds.items()} for p in parts]
    if any(one != shapes[0] for one in shapes):
        raise InputError(
            "the inputs differ in shape and cannot share a batch. Explain them one by one.", shapes=tuple(shapes)
        )
    feeds = {n: np.concatenate([p.feeds[n] for p in parts]) if first.counts(n) else first.feeds[n] for n in first.feeds}
    return dataclasses.replace(
        first,
        feeds=feeds,
        count=sum(p.count for p in parts),
        pictures=sum((p.pictures for p in parts), ()),
        backdrops=sum((p.backdrops for p in parts), ()),
        notes=tuple(dict.fromkeys(note for p in parts for note in p.notes)),
    )


def cut(samples: Samples, size: int | None) -> Iterator[tuple[slice, dict[str, NDArray[Any]]]]:
    """The samples in batches of `size`, each with its place; the last is padded by repeating its last sample.

    Without a size (a dynamic batch) all are one batch. Inputs whose first dimension is not N go into every batch whole.
    """
    if size is None or size == samples.count:
        yield slice(0, samples.count), dict(samples.feeds)
        return
    for start in range(0, samples.count, size):
        stop = min(start + size, samples.count)
        rows = np.minimum(np.arange(start, start + size), stop - 1)
        yield (
            slice(start, stop),
            {n: a[rows] if samples.counts(n) else a for n, a in samples.feeds.items()},
        )


def backdrops(tensor: NDArray[Any], spec: InputSpec, count: int) -> tuple[Backdrop, ...]:
    """What maps in `count` dimensions are drawn over: each sample of a tensor, its channels first."""
    space = spec.space_axes(count) if spec.shape else tuple(range(2, tensor.ndim))
    others = tuple(a for a in range(1, tensor.ndim) if a not in space)
    moved = tensor.transpose(0, *others, *space)
    return tuple(Backdrop(one if others else one[None]) for one in moved)
