"""The smallest eigenvalues of a graph's normalised Laplacian, and how many clusters they speak of."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["RATIO", "count_clusters", "count_parts", "spectrum"]

RATIO = 3.0
"""What an eigenvalue must be of the one before it to be the end of a gap.

Maps that vary in two ways, such as blobs about a centre, have ratios up to 2 behind the second eigenvalue (those of a
square: 1, 1, 2, 4, 4, 5, …), 2.6 where it was measured.
"""

LARGEST = 2.0  # no eigenvalue of a normalised Laplacian is larger
DENSE = 400
ROUNDS = 100
SHIFT = 1e-4

Float = NDArray[np.float64]


def count_clusters(eigenvalues: Float, most: int) -> int:
    """The last place, of `most`, where the next eigenvalue is at least `RATIO` times as large; 1 where there is none.

    The first eigenvalue is zero, so the place behind it is none. What comes behind the last counts as 2.
    """
    following = np.append(eigenvalues[1:], LARGEST)
    gaps = [k for k in range(2, min(most, len(eigenvalues)) + 1) if following[k - 1] >= RATIO * eigenvalues[k - 1]]
    return max(gaps, default=1)


def count_parts(weights: Any) -> int:
    """How many parts the graph falls into."""
    from scipy.sparse.csgraph import connected_components

    return int(connected_components(weights, directed=False)[0])


def spectrum(weights: Any, count: int, seed: int) -> tuple[Float, Float]:
    """The `count` smallest eigenvalues of L = I - D^-1/2 W D^-1/2, ascending, and D^-1/2 of their eigenvectors.

    Each part of the graph by itself, since Lanczos' method does not see how often an eigenvalue comes.

    Returns:
        eigenvalues `(M,)`, in [0, 2], fewer than `count` for a smaller graph; vectors `(U, M)`.
    """
    from scipy.sparse.csgraph import connected_components

    parts, of_node = connected_components(weights, directed=False)
    found = []
    for part in range(parts):
        nodes = np.flatnonzero(of_node == part)
        values, vectors = _of_part(weights[nodes][:, nodes], count, seed)
        found += [(value, nodes, vectors[:, i]) for i, value in enumerate(values)]
    found = sorted(found, key=lambda one: one[0])[:count]  # stable: parts in the order of their first nodes
    placed = np.zeros((weights.shape[0], len(found)))
    for column, (_, nodes, vector) in enumerate(found):
        placed[nodes, column] = vector
    return np.array([value for value, _, _ in found]), placed


def _of_part(weights: Any, count: int, seed: int) -> tuple[Float, Float]:
    """As `spectrum`, of a connected graph: the first eigenvalue is 0, and its vector constant."""
    from scipy.sparse import diags_array

    degrees = np.asarray(weights.sum(axis=1), np.float64).ravel()
    size = len(degrees)
    if size == 1:
        return np.zeros(1), np.full((1, 1), max(degrees[0], 1.0) ** -0.5)
    scaling = degrees**-0.5
    scaled = diags_array(scaling) @ weights @ diags_array(scaling)
    if size <= max(DENSE, 4 * count):
        values, vectors = np.linalg.eigh(scaled.toarray())
    else:
        values, vectors = _largest(scaled, count, np.random.default_rng(seed).standard_normal(size))
    order = np.argsort(-values, kind="stable")[:count]
    eigenvalues, embedded = 1 - values[order], vectors[:, order] * scaling[:, None]
    eigenvalues[0], embedded[:, 0] = 0, degrees.sum() ** -0.5
    return np.clip(eigenvalues, 0, LARGEST), embedded


def _largest(scaled: Any, count: int, start: Float) -> tuple[Float, Float]:
    """The largest eigenvalues of D^-1/2 W D^-1/2, and their vectors."""
    from scipy.sparse.linalg import ArpackNoConvergence, eigsh

    try:
        values, vectors = eigsh(scaled, k=count, which="LA", v0=start, ncv=max(8 * count, 64), maxiter=ROUNDS)
    except ArpackNoConvergence:  # a long thin graph: slow to walk, and quick to factorise
        values, vectors = eigsh(scaled.tocsc(), k=count, sigma=1 + SHIFT, v0=start)
    return np.asarray(values), np.asarray(vectors)
