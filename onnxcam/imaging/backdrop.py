"""What a map of something that is no picture is drawn over."""

from __future__ import annotations

import dataclasses

import numpy as np
from numpy.typing import NDArray

__all__ = ["Backdrop"]


@dataclasses.dataclass(frozen=True, slots=True)
class Backdrop:
    """One sample as the model got it: a signal, an array in two dimensions, or a volume.

    Attributes:
        values: Channels first, (channels, *space).
        rate: Samples a second of a signal, Hz; None where nobody knows it.
        start: Where its first entry lies in its file, along each axis; () for the beginning.
        seen: The part that is from the file and no padding; () for all of it.
        directions: Where each axis of a volume points, a letter each of R L A P S I; "" where nobody knows.
        spacing: How far a volume's voxels lie apart along each axis, in one unit; () where nobody knows.
    """

    values: NDArray[np.floating]
    rate: float | None = None
    start: tuple[int, ...] = ()
    seen: tuple[slice, ...] = ()
    directions: str = ""
    spacing: tuple[float, ...] = ()
