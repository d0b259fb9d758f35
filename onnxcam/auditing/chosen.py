"""The pictures that a report shows: the worst of the rows, run again for their maps."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from onnxcam.auditing.decoding import Decoded, Gather, decoded_batches
from onnxcam.auditing.rows import Row
from onnxcam.datasets import Record

__all__ = ["Explains", "explained_again", "worst"]

Found = TypeVar("Found", covariant=True)
Rank = Callable[[Row], Sequence[float]]
"""How bad a row is: the larger, the worse. Ranks of all rows have one length."""


class Explains(Protocol[Found]):
    """What runs models on records that are decoded."""

    @property
    def gathers(self) -> tuple[Gather, ...]:
        """What decodes a file, for each model."""
        ...

    @property
    def batch(self) -> int | None:
        """The batch that a model fixes."""
        ...

    def explained(self, batch: Sequence[Decoded]) -> Sequence[Found | str]:
        """What is found of each record, or why nothing is."""
        ...


def worst(rows: Iterable[Row], rank: Rank, count: int, wanted: Collection[str] = ()) -> dict[int, Row]:
    """The worst `count` rows that were explained, and those whose keys are wanted, by their number in the data set.

    The worst come first; of equal ones, the first in the data set.
    """
    best: list[tuple[Sequence[float], int, Row]] = []
    others: list[tuple[Sequence[float], int, Row]] = []
    for number, row in enumerate(rows):
        if row["error"] is None:
            item = (rank(row), -number, row)
            heapq.heappush(best, item)
            if len(best) > count:
                heapq.heappop(best)
            if row["key"] in wanted:
                others.append(item)
    chosen = {number: (rank, number, row) for rank, number, row in (*best, *others)}
    return {-number: row for _, number, row in sorted(chosen.values(), key=lambda one: one[:2], reverse=True)}


def explained_again(
    maker: Explains[Found], records: Iterable[Record], chosen: Mapping[int, Row], size: int = 8
) -> Iterator[tuple[int, Found | str]]:
    """What is found of the chosen records of a data set, in its order, by their number."""
    numbers = sorted(chosen)
    own = (record for number, record in enumerate(records) if number in chosen)
    batches = decoded_batches(own, max(size, maker.batch or 1), maker.gathers)
    return zip(numbers, (one for batch in batches for one in maker.explained(batch)), strict=True)
