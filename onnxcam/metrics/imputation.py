"""Pixels that are missing, guessed from those around them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.metrics.science import scipy_part

__all__ = ["impute"]

# Offset (rows, columns) -> weight: four neighbours at the sides, four at the corners. One of each pair; the other is
# its mirror image.
WEIGHTS = {(0, 1): 1 / 6, (1, 0): 1 / 6, (1, 1): 1 / 12, (1, -1): 1 / 12}


def impute(tensor: NDArray[np.float32], missing: NDArray[np.bool_]) -> NDArray[np.float32]:
    """A tensor `(C, H, W)` with the pixels of a mask `(H, W)` replaced by weighted means of their eight neighbours.

    Neighbours at a side weigh 1/6, at a corner 1/12; those beyond the edge do not count. Missing pixels are neighbours
    too: all means hold at once, as one linear system, which is symmetric and, with any pixel known, has one solution.
    Without a known pixel, or without a missing one, the tensor comes back as it is.

    Source: Rong et al., ROAD, ICML 2022 (noisy linear imputation, without the noise).
    """
    if missing.all() or not missing.any():
        return tensor.copy()
    sparse, linalg = scipy_part("sparse"), scipy_part("sparse.linalg")
    weights = neighbours(missing.shape)
    gone = missing.ravel()
    of_gone = weights[gone]
    total = sparse.diags_array(of_gone.sum(axis=1))
    system = (total - of_gone[:, gone]).tocsc()
    known = of_gone[:, ~gone] @ tensor.reshape(len(tensor), -1)[:, ~gone].T.astype(np.float64)
    # Symmetric and diagonally dominant: no pivoting is needed, and this order fills in least.
    solver = linalg.splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    filled = tensor.copy()
    filled[:, missing] = solver.solve(known).T
    return filled


def neighbours(shape: tuple[int, ...]) -> Any:
    """The weights between all pixels of a picture, `(H W, H W)`, sparse and symmetric."""
    sparse = scipy_part("sparse")
    places = np.arange(shape[0] * shape[1]).reshape(shape)
    rows, columns, values = [], [], []
    for (down, right), weight in WEIGHTS.items():
        first = places[: shape[0] - down, max(0, -right) : shape[1] - max(0, right)].ravel()
        rows.append(first)
        columns.append(first + down * shape[1] + right)
        values.append(np.full(first.size, weight))
    half = sparse.coo_array(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), (places.size,) * 2
    )
    return (half + half.T).tocsr()
