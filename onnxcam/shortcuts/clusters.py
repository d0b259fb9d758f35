"""Clusters of the maps of one class, and those that stand alone."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.shortcuts.affinity import Affinity, connect, require_scikit_learn
from onnxcam.shortcuts.edges import Excess, excess
from onnxcam.shortcuts.points import BATCH, Points, checked, nearest_to_centre, points_of
from onnxcam.shortcuts.spectrum import count_clusters, count_parts, spectrum

__all__ = ["FEW", "SHOWN", "Clusters", "find_clusters"]

FEW = 20
"""Fewer maps than this are one cluster."""

SHOWN = 9
"""Representatives of a cluster."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Clusters:
    """The clusters of N maps of one class, the largest first.

    Attributes:
        labels: The cluster of each map, int64 `(N,)`, from 0; -1 for one that is zero everywhere, unless all are.
        count: Number of clusters, k, at least 1.
        sizes: Maps in each, int64 `(k,)`.
        means: Mean map of each, float32 `(k, h, w)` in [0, 1].
        representatives: Rows of the maps nearest to each cluster's centre, the nearest first, int64, up to 9 of each.
        border_excess: How much more each cluster looks at the border of the picture than the rest of the class, float64
            `(k,)` in [-1, 1]; see `excess`. 0 for a single cluster, which has no rest.
        corner_excess: The same of a corner.
        outliers: How lonely each map is, float64 `(N,)` in [0, 2]: its mean distance to its `neighbours` nearest maps;
            0 where its label is -1.
        order: Rows from the loneliest to the least lonely, int64 `(N,)`.
        eigenvalues: The smallest of the graph's normalised Laplacian, ascending, in [0, 2].
        neighbours: How many neighbours each map has in the graph.
        notes: What the reader must know: too few maps, equal maps, empty maps.
    """

    labels: NDArray[np.int64]
    count: int
    sizes: NDArray[np.int64]
    means: NDArray[np.float32]
    representatives: tuple[NDArray[np.int64], ...]
    border_excess: NDArray[np.float64]
    corner_excess: NDArray[np.float64]
    outliers: NDArray[np.float64]
    order: NDArray[np.int64]
    eigenvalues: NDArray[np.float64]
    neighbours: int
    notes: tuple[str, ...]


def find_clusters(maps: NDArray[np.float32], *, most: int = 8, seed: int = 0) -> Clusters:
    """Cluster the maps of one class by where they are warm.

    Each map is pooled to 12 x 12 cells (or as many as it has) by area and divided by its Euclidean length, so that
    neither resolution nor the amount of heat counts. Each is joined to its ceil(ln N) nearest, as `connect` says.
    The eigenvectors of the smallest eigenvalues of the graph's normalised Laplacian place each map, and k-means divides
    them into as many clusters as there are eigenvalues before the last one, of `most`, behind which they leap to three
    times or more. A group of hardly more maps than a map has neighbours, or one that is warm elsewhere too, may go
    unseen. Equal maps share a cluster.

    Takes memory for N x 12 x 12 numbers and N x ceil(ln N) edges, never for N x N. The same rows in another order
    give the same clusters.

    Args:
        maps: `(N, h, w)` float in [0, 1], as `Explanation.map` of pictures.
        most: Largest number of clusters.
        seed: Of k-means and of the eigenvectors' first guess.

    Raises:
        InputError: Maps of another shape or type, none, NaN, or outside [0, 1]; `most` below 1; no such seed;
            scikit-learn is not installed.

    Source: Lapuschkin et al., Unmasking Clever Hans predictors and assessing what machines really learn, Nature
        Communications 10:1096, 2019 (SpRAy); eigengap and number of neighbours: von Luxburg, A tutorial on spectral
        clustering, Statistics and Computing 17, 2007. Departures: lengths of one; weights that fall with the distance;
        the gap as a ratio, without which maps that vary in a continuum fall into pieces.
    """
    if most < 1:
        raise InputError(f"at most {most} clusters cannot be found. Give 1 or more.", most=most)
    if not 0 <= seed < 2**32:
        raise InputError(f"no seed {seed}. Give one from 0 to {2**32 - 1}.", seed=seed)
    require_scikit_learn()
    maps = checked(maps)
    points = points_of(maps)
    affinity, widened = _graph(points, most)
    eigenvalues, vectors = spectrum(affinity.weights, most + 1, seed)
    count = count_clusters(eigenvalues, most) if points.rows >= FEW else 1
    is_point = points.of_row >= 0
    labels = np.where(is_point, _divided(vectors[:, :count], points, seed)[points.of_row], -1)
    sizes = np.bincount(labels[is_point], minlength=count).astype(np.int64)
    sums = _sums(maps, labels, count)
    excesses = _excesses(sums)
    outliers = np.where(is_point, affinity.loneliness[points.of_row], 0.0)
    return Clusters(
        labels=labels,
        count=count,
        sizes=sizes,
        means=(sums / sizes[:, None, None]).astype(np.float32),
        representatives=tuple(_representatives(points, labels, count)),
        border_excess=np.array([one.border for one in excesses]),
        corner_excess=np.array([one.corner for one in excesses]),
        outliers=outliers,
        order=np.argsort(-outliers, kind="stable"),
        eigenvalues=eigenvalues,
        neighbours=affinity.neighbours,
        notes=tuple(_notes(points, widened)),
    )


def _graph(points: Points, most: int) -> tuple[Affinity, str | None]:
    """The graph, with as many neighbours as leave it in `most` parts at most, and a note where these are more."""
    rows = points.rows
    wanted = min(max(1, math.ceil(math.log(rows))), rows - 1)
    neighbours, affinity = wanted, connect(points, wanted)
    while count_parts(affinity.weights) > most:
        neighbours = min(2 * neighbours, rows - 1)
        affinity = connect(points, neighbours)
    told = f"the maps fall into more than {most} groups: each was joined to {neighbours} neighbours, not {wanted}"
    return affinity, told if neighbours > wanted else None


def _divided(embedded: NDArray[np.float64], points: Points, seed: int) -> NDArray[np.int64]:
    """The cluster of each point: k-means with as many centres as dimensions, the cluster of most maps first."""
    from sklearn.cluster import KMeans

    count = embedded.shape[1]
    if count == 1:
        return np.zeros(len(embedded), np.int64)
    found = KMeans(count, n_init=10, random_state=seed).fit_predict(embedded, sample_weight=points.counts)
    sizes = np.bincount(found, weights=points.counts, minlength=count)
    first = [int((found == c).argmax()) for c in range(count)]  # of equal sizes, that of the first point
    rank = np.empty(count, np.int64)
    rank[sorted(range(count), key=lambda c: (-sizes[c], first[c]))] = np.arange(count)
    labels: NDArray[np.int64] = rank[found]
    return labels


def _sums(maps: NDArray[np.floating[Any]], labels: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """The sum of each cluster's maps, `(k, h, w)`."""
    sums = np.zeros((count, *maps.shape[1:]))
    for start in range(0, len(maps), BATCH):
        part, of_part = maps[start : start + BATCH], labels[start : start + BATCH]
        for label in np.unique(of_part[of_part >= 0]):
            sums[label] += part[of_part == label].sum(axis=0, dtype=np.float64)
    return sums


def _representatives(points: Points, labels: NDArray[np.int64], count: int) -> Iterator[NDArray[np.int64]]:
    for label in range(count):
        rows = np.flatnonzero(labels == label)
        yield rows[nearest_to_centre(points.places[points.of_row[rows]])[:SHOWN]].astype(np.int64)


def _excesses(sums: NDArray[np.float64]) -> list[Excess]:
    """Of each cluster against all other maps of the class, from the sums of their maps, `(k, h, w)`."""
    whole = sums.sum(axis=0)
    rests = [whole - own for own in sums]
    # What rounding leaves of a rest that is zero everywhere is none.
    return [excess(own, np.where(rest > 1e-9 * whole.max(), rest, 0)) for own, rest in zip(sums, rests, strict=True)]


def _notes(points: Points, widened: str | None) -> Iterator[str]:
    rows, different = points.rows, len(points.counts)
    if not points.places.any():
        yield f"all {rows} maps are zero everywhere"
        return
    if rows < len(points.of_row):
        yield f"{len(points.of_row) - rows} of {len(points.of_row)} maps are zero everywhere, and in no cluster"
    if rows < FEW:
        yield f"{rows} maps are too few to find clusters in: at least {FEW} are needed"
    if different == 1 < rows:
        yield f"all {rows} maps are equal"
    elif different < rows:
        yield f"of {rows} maps, {different} are different at this resolution"
    if widened is not None:
        yield widened
