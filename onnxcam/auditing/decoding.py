"""Records with their pictures decoded, ahead of the model and beside it."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from onnxcam.datasets import Record
from onnxcam.errors import OnnxcamError
from onnxcam.samples import Samples

__all__ = ["AHEAD", "Decoded", "Gather", "alike", "decode", "decoded_batches"]

AHEAD = 2
"""Batches that wait, at most, while the model runs one."""

Gather = Callable[[object], Samples]


@dataclasses.dataclass(frozen=True, slots=True)
class Decoded:
    """A record, and what each model gets of it.

    Attributes:
        record: The record.
        samples: One sample for each model; none where the file cannot be read.
        error: Why not.
    """

    record: Record
    samples: tuple[Samples, ...]
    error: str | None = None


def decode(record: Record, gathers: Sequence[Gather]) -> Decoded:
    """Read and preprocess a record's file for each model; what cannot be read is told, and no error."""
    try:
        samples = tuple(gather(record.path) for gather in gathers)
    except OnnxcamError as error:
        return Decoded(record, (), str(error))
    if samples[0].count != 1:
        return Decoded(record, (), f"the file holds {samples[0].count} samples, and a record is one.")
    return Decoded(record, samples)


def decoded_batches(records: Iterable[Record], size: int, gathers: Sequence[Gather]) -> Iterator[tuple[Decoded, ...]]:
    """Batches of records in their order, the last one smaller; threads decode the next while one is worked on."""
    threads = max(1, min(size, os.cpu_count() or 1))
    waiting: deque[list[concurrent.futures.Future[Decoded]]] = deque()
    batches = batched(records, size)
    with concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="decode") as pool:
        try:
            for batch in batches:
                waiting.append([pool.submit(decode, record, gathers) for record in batch])
                if len(waiting) > AHEAD:
                    yield tuple(one.result() for one in waiting.popleft())
            while waiting:
                yield tuple(one.result() for one in waiting.popleft())
        finally:
            for one in itertools.chain.from_iterable(waiting):
                one.cancel()


def batched(records: Iterable[Record], size: int) -> Iterator[Sequence[Record]]:
    """Tuples of so many, the last one shorter."""
    iterator = iter(records)
    while batch := tuple(itertools.islice(iterator, size)):
        yield batch


def alike(batch: Sequence[Decoded]) -> list[list[int]]:
    """The places of records that can share a run: of one shape in every input of every model."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, one in enumerate(batch):
        if one.samples:
            feeds = (item for samples in one.samples for item in sorted(samples.feeds.items()))
            shape = tuple((name, array.shape, array.dtype.str) for name, array in feeds)
            groups.setdefault(shape, []).append(place)
    return list(groups.values())
