"""The maps of a whole data set together: which look elsewhere than the others of their class, or of all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.columns import SEARCHED, Row, class_of
from onnxcam.shortcuts import FEW, SIDE, excess, find_clusters

__all__ = ["MOST", "Grids", "gather_grids", "sample", "search", "units"]

MOST = 20_000
"""Maps of a class between which distances are measured; where there are more, the others join these."""
BATCH = 4096


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Grids:
    """The maps of some rows, of those that have one of two dimensions.

    Attributes:
        keys: The record of each.
        names: The classes, sorted.
        places: The rows of each class, int64, by name.
        maps: uint8 `(N, 16, 16)`.
        found: What was found of each, float64 `(N,)` by column; NaN where nothing was.
    """

    keys: tuple[str, ...]
    names: tuple[str, ...]
    places: tuple[NDArray[np.int64], ...]
    maps: NDArray[np.uint8]
    found: dict[str, NDArray[np.float64]]


def gather_grids(rows: Iterable[Row]) -> Grids:
    """The grids of rows, 256 bytes of each, with its key and what was found of it."""
    keys, classes, cells = [], [], bytearray()
    found: dict[str, list[float]] = {name: [] for name in SEARCHED}
    for row in rows:
        if row["grid"] is None:
            continue
        keys.append(row["key"])
        classes.append(class_of(row))
        cells.extend(row["grid"])
        for name, values in found.items():
            values.append(np.nan if row[name] is None else float(row[name]))
    maps = np.frombuffer(cells, np.uint8).reshape(-1, SIDE, SIDE)
    names = tuple(sorted(set(classes)))
    number = {name: place for place, name in enumerate(names)}
    of_each = np.array([number[name] for name in classes], np.int64)
    by_class = np.argsort(of_each, kind="stable").astype(np.int64)
    ends = np.bincount(of_each, minlength=len(names)).cumsum()
    columns = {name: np.array(values, np.float64) for name, values in found.items()}
    return Grids(tuple(keys), names, tuple(np.split(by_class, ends)[: len(names)]), maps, columns)


def search(rows: Callable[[], Iterable[Row]]) -> Iterator[Row]:
    """The rows with the columns of `SEARCHED` filled in, one by one, in their order.

    In each class of 20 maps or more, but for maps of zeros, clusters are found (`find_clusters`); `cluster` is the
    number of a map's, `loneliness` how far its nearest maps are. `border-excess` and `corner-excess` are what its
    cluster has more of than all other maps of the data set, of whatever class: a class that is recognised by a tag
    throughout is one cluster. Of a class with more than 20,000 maps so many, drawn by a seed, are searched; the others
    join the cluster whose mean map is most like theirs, and have no `loneliness`. The same rows give the same.

    Args:
        rows: Gives the rows, once for the search and once to be filled in.

    Raises:
        InputError: scikit-learn is not installed.
    """
    columns = _searched(gather_grids(rows()))
    place = 0
    for row in rows():
        known = dict.fromkeys(SEARCHED)
        if row["grid"] is not None:
            known |= {n: None if np.isnan(values[place]) else values[place].item() for n, values in columns.items()}
            known["cluster"] = None if known["cluster"] is None else int(known["cluster"])
            place += 1
        yield row | known


def _searched(grids: Grids) -> dict[str, NDArray[np.float64]]:
    columns = {name: np.full(len(grids.maps), np.nan) for name in SEARCHED}
    whole = grids.maps.sum(axis=0, dtype=np.int64)
    for places in grids.places:
        own = places[grids.maps[places].any(axis=(1, 2))]
        if len(own) < FEW:
            continue
        labels, columns["loneliness"][own] = _clustered(grids.maps[own])
        columns["cluster"][own] = labels
        for label in np.unique(labels):
            members = own[labels == label]
            looked = grids.maps[members].sum(axis=0, dtype=np.int64)
            more = excess(looked, whole - looked)
            columns["border-excess"][members], columns["corner-excess"][members] = more.border, more.corner
    return columns


def _clustered(maps: NDArray[np.uint8]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The cluster of each map, int64 `(n,)`, and its loneliness; NaN for those that were not searched."""
    chosen = sample(len(maps), MOST)
    found = find_clusters(maps[chosen].astype(np.float32) / np.float32(255))
    labels, loneliness = np.zeros(len(maps), np.int64), np.full(len(maps), np.nan)
    labels[chosen], loneliness[chosen] = found.labels, found.outliers
    others = np.setdiff1d(np.arange(len(maps)), chosen)
    centres = np.stack([units(maps[chosen[found.labels == label]]).mean(axis=0) for label in range(found.count)])
    for start in range(0, len(others), BATCH):
        part = others[start : start + BATCH]
        labels[part] = ((units(maps[part])[:, None] - centres) ** 2).sum(axis=2).argmin(axis=1)
    return labels, loneliness


def sample(count: int, most: int) -> NDArray[np.int64]:
    """Which of `count` stand for all: every one, or `most` of them, drawn with a seed of its own; ascending.

    Drawn, and not every so many: what data sets list in turns would be left out as a whole.
    """
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).choice(count, most, replace=False)).astype(np.int64)


def units(maps: NDArray[Any]) -> NDArray[np.float32]:
    """Maps as vectors of length one, float32 `(n, 256)`; no map may be zero everywhere."""
    flat = maps.reshape(len(maps), -1).astype(np.float32)
    found: NDArray[np.float32] = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    return found
