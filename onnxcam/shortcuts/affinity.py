"""Who is near whom: each map and its nearest neighbours, as a sparse graph."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.shortcuts.points import Points

__all__ = ["Affinity", "connect", "has_scikit_learn", "require_scikit_learn"]

LEAST = 1e-3
"""Smallest weight between neighbours; the largest is 1."""


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Affinity:
    """The graph of the neighbours, of equal maps as one node.

    Attributes:
        weights: scipy's sparse array `(U, U)`, symmetric: the weights of all pairs of maps of these two points, added
            up; on the diagonal, those of equal maps, each pair counted twice.
        loneliness: Mean distance of a point's maps to their neighbours, float64 `(U,)`.
        neighbours: How many neighbours each map has.
    """

    weights: Any
    loneliness: NDArray[np.float64]
    neighbours: int


def connect(points: Points, neighbours: int) -> Affinity:
    """The graph of each map and its `neighbours` nearest maps.

    Two maps at a distance d are joined with weight exp(-d^2 / (s t)), where one is a neighbour of the other, s and t
    their distances to the farthest of their own neighbours; with half of it where the other has nearer ones. No weight
    is below `LEAST`, so that no map is cut off. Equal maps are each other's nearest; a group of more of them than a map
    has neighbours has no others.

    Source: the scale of each point, Zelnik-Manor and Perona, Self-tuning spectral clustering, NeurIPS 2004.
    """
    from scipy.sparse import coo_array, diags_array

    count = len(points.places)
    nearest, distances = _nearest(points.places, min(neighbours, count - 1))
    equal = np.minimum(points.counts - 1, neighbours)
    # How many maps of each near point are among the neighbours that equal maps leave over, the nearest first.
    behind = np.cumsum(points.counts[nearest], axis=1)
    before = np.concatenate([np.zeros((count, 1), np.int64), behind[:, :-1]], axis=1)
    taken = np.clip((neighbours - equal)[:, None] - before, 0, points.counts[nearest])
    reach = np.max(distances, axis=1, where=taken > 0, initial=0)
    scale = np.maximum(reach[:, None] * reach[nearest], 1e-300)
    weight = np.maximum(np.exp(-(distances**2 / scale)), LEAST)
    directed = (points.counts[:, None] * taken * weight).ravel()
    rows = np.repeat(np.arange(count), nearest.shape[1])
    chosen = coo_array((directed, (rows, nearest.ravel())), shape=(count, count)).tocsr()
    weights = (chosen + chosen.T) / 2 + diags_array((points.counts * equal).astype(np.float64))
    weights.eliminate_zeros()
    return Affinity(weights.tocsr(), (taken * distances).sum(axis=1) / max(1, neighbours), neighbours)


def _nearest(places: NDArray[np.float64], count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The nearest other points of each, the nearest first, `(U, count)`, and how far they are."""
    from sklearn.neighbors import NearestNeighbors

    if count == 0:
        return np.zeros((len(places), 0), np.int64), np.zeros((len(places), 0))
    distances, nearest = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(places).kneighbors()
    return nearest, distances


def has_scikit_learn() -> bool:
    """Whether it is there."""
    try:
        require_scikit_learn()
    except InputError:
        return False
    return True


def require_scikit_learn() -> None:
    """Go on only where it is there.

    Raises:
        InputError: scikit-learn is not installed.
    """
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise InputError(
            'scikit-learn, which finds clusters of maps, is not installed. Run pip install "onnxcam[audit]".',
            package="scikit-learn",
        ) from error
