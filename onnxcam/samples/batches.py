"""Samples that are ready for the model, and batches of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.explanation import Picture

__all__ = ["Samples", "cut"]


@dataclasses.dataclass(frozen=True, slots=True)
class Samples:
    """N samples, ready for the model.

    Attributes:
        feeds: An array for each input, by name.
        count: N.
        pictures: The originals where pictures were given.
    """

    feeds: Mapping[str, NDArray[Any]]
    count: int
    pictures: tuple[Picture, ...] = ()


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
            {n: a[rows] if a.ndim and len(a) == samples.count else a for n, a in samples.feeds.items()},
        )
