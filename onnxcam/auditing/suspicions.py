"""What the maps of each class have in common, the most suspicious first: what a shortcut would look like."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from onnxcam.auditing.columns import Row
from onnxcam.auditing.searching import MOST, Grids, gather_grids, sample, units
from onnxcam.shortcuts import FEW, SHOWN, nearest_to_centre

__all__ = ["SUSPICIOUS", "Cluster", "Outlier", "Shortcuts", "summarize_shortcuts"]

SUSPICIOUS = 0.25
"""An excess from which on a cluster is told.

Measured: networks that were trained on a tag in a corner have 0.29 to 0.47 there, their twins that were not below 0.05,
or up to 0.25 in clusters of a dozen maps; the bundled model, over 1,200 pictures and all methods, 0.12 at most.
"""
OUTLIERS = 20
"""Maps that are listed as outliers."""
NAMED = 5
"""Classes that a note names."""


@dataclasses.dataclass(frozen=True, slots=True)
class Cluster:
    """Maps of one class that look alike.

    Attributes:
        class_name: The class: the records' label, or, where they have none, what is predicted.
        number: The column `cluster` of its rows, from 0, the largest first.
        size: Its pictures.
        of: Pictures of the class, those with a map of zeros too.
        border_excess: How much more it looks at the border than all other pictures of the data set, in [-1, 1]; see
            `onnxcam.shortcuts.excess`. 0 where there are no others.
        corner_excess: The same of a corner.
        keys: Up to 9 pictures whose maps are nearest to the middle of the cluster, the nearest first.
        mean: The mean map, 16 rows of 16 numbers in [0, 1].
    """

    class_name: str
    number: int
    size: int
    of: int
    border_excess: float
    corner_excess: float
    keys: tuple[str, ...]
    mean: tuple[tuple[float, ...], ...]

    @property
    def share(self) -> float:
        """The share of the class's pictures."""
        return self.size / self.of

    @property
    def is_suspicious(self) -> bool:
        """Whether the border or a corner has so much more of its maps that a person should look at them."""
        return max(self.border_excess, self.corner_excess) >= SUSPICIOUS


@dataclasses.dataclass(frozen=True, slots=True)
class Outlier:
    """A map that looks like no other of its class.

    Attributes:
        key: The picture.
        class_name: Its class.
        loneliness: Its mean distance to its nearest maps, in [0, 2].
    """

    key: str
    class_name: str
    loneliness: float


@dataclasses.dataclass(frozen=True, slots=True)
class Shortcuts:
    """What was found in the maps of a data set.

    Attributes:
        clusters: Of all classes that were searched, the most suspicious first: by the larger excess.
        outliers: The 20 loneliest maps of all, the loneliest first.
        notes: What the reader must know: classes that were not searched.
    """

    clusters: tuple[Cluster, ...]
    outliers: tuple[Outlier, ...]
    notes: tuple[str, ...]

    @property
    def suspicious(self) -> tuple[Cluster, ...]:
        """The clusters that a person should look at."""
        return tuple(one for one in self.clusters if one.is_suspicious)


def summarize_shortcuts(rows: Iterable[Row]) -> Shortcuts:
    """What the columns that `search` filled in say together; of each row's map, 256 bytes are held."""
    grids = gather_grids(rows)
    clusters = [one for name, places in zip(grids.names, grids.places, strict=True) for one in _of(grids, name, places)]
    clusters.sort(key=lambda one: (-max(one.border_excess, one.corner_excess), one.class_name, one.number))
    return Shortcuts(tuple(clusters), tuple(_outliers(grids)), tuple(_notes(grids)))


def _of(grids: Grids, name: str, places: NDArray[np.int64]) -> Iterator[Cluster]:
    """The clusters of one class."""
    numbers = grids.found["cluster"][places]
    for number in np.unique(numbers[~np.isnan(numbers)]):
        members = places[numbers == number]
        some = members[sample(len(members), MOST)]
        nearest = some[nearest_to_centre(units(grids.maps[some]))[:SHOWN]]
        mean = grids.maps[members].mean(axis=0, dtype=np.float64) / 255
        yield Cluster(
            name,
            int(number),
            len(members),
            len(places),
            float(grids.found["border-excess"][members[0]]),
            float(grids.found["corner-excess"][members[0]]),
            tuple(grids.keys[place] for place in nearest),
            tuple(tuple(row) for row in mean.round(4).tolist()),
        )


def _outliers(grids: Grids) -> Iterator[Outlier]:
    lonely = grids.found["loneliness"]
    order = [int(place) for place in np.argsort(-lonely, kind="stable")[:OUTLIERS] if not np.isnan(lonely[place])]
    names = {int(p): name for name, places in zip(grids.names, grids.places, strict=True) for p in places if p in order}
    for place in order:
        yield Outlier(grids.keys[place], names[place], float(lonely[place]))


def _notes(grids: Grids) -> Iterator[str]:
    """Classes that were not searched, and why."""
    counts = {n: int(grids.maps[p].any(axis=(1, 2)).sum()) for n, p in zip(grids.names, grids.places, strict=True)}
    few = [name for name, count in counts.items() if count < FEW]
    if few and len(few) == len(counts):
        yield f"no class has {FEW} maps, which it takes to search for clusters of them"
    elif few:
        named = ", ".join(few[:NAMED]) + (f" and {len(few) - NAMED} more" if len(few) > NAMED else "")
        yield f"no clusters were searched in classes of fewer than {FEW} maps: {named}"
    if len(few) < len(counts) and np.isnan(grids.found["cluster"]).all():
        yield (
            "no clusters of maps were searched, as scikit-learn was not installed when the audit was made: pip install "
            '"onnxcam[audit]", and start anew with --force'
        )
