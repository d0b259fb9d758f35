"""How much more some maps look at the border, or at a corner, than others do."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Excess", "excess"]


@dataclasses.dataclass(frozen=True, slots=True)
class Excess:
    """What the border and a corner have more of one mean map than of another.

    Attributes:
        border: Of the frame along the border, an eighth of the height and of the width wide, in [-1, 1].
        corner: Of a corner, a quarter of the height and of the width large: the largest of the four, in [-1, 1].
    """

    border: float
    corner: float


def excess(own: NDArray[np.floating[Any]], rest: NDArray[np.floating[Any]]) -> Excess:
    """What the border, and one of the corners, have more of some maps than of all others.

    The share of the sum of the maps that lies there, less the same share of the others. What a few pictures are
    recognised by, a frame or a time stamp, gives them a border excess towards 1, and a mark in a corner, such as a
    tag or a watermark, a corner excess. A pixel lies where its centre does. Both are 0 where one side is zero
    everywhere: there is nothing to hold it against.

    Args:
        own: Sum or mean of the maps, `(h, w)`, at least 0.
        rest: The same of the others.

    Source: none; the differences of the metrics `border-energy` and, corner by corner, `corner-energy`.
    """
    if not (own.any() and rest.any()):
        return Excess(0.0, 0.0)
    more = own / own.sum(dtype=np.float64) - rest / rest.sum(dtype=np.float64)
    high, wide = ((np.arange(size) + 0.5) / size for size in more.shape)
    frame = (abs(high - 0.5) > 3 / 8)[:, None] | (abs(wide - 0.5) > 3 / 8)
    corners = [more[y < 1 / 4][:, x < 1 / 4].sum() for y in (high, 1 - high) for x in (wide, 1 - wide)]
    return Excess(float(more[frame].sum()), float(max(corners)))
