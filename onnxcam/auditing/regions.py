"""A record's regions where the model sees them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onnxcam.datasets import Region
from onnxcam.explanation import Picture

__all__ = ["on_input"]


def on_input(regions: Sequence[Region], picture: Picture) -> tuple[NDArray[np.bool_], ...]:
    """Each region on the model's input, bool `(H, W)`; those that a crop leaves out are left out.

    A pixel of the input is in a region where its centre is, on the original picture.
    """
    if not regions:
        return ()
    geometry = picture.geometry
    (height, width), (h, w) = geometry.original, geometry.input
    y, x = np.meshgrid(np.arange(h) + 0.5, np.arange(w) + 0.5, indexing="ij")
    left, top, right, bottom = geometry.placement
    x0, y0 = geometry.to_original_point(x, y)
    is_on = (left <= x) & (x < right) & (top <= y) & (y < bottom)
    is_on &= (x0 >= 0) & (x0 < width) & (y0 >= 0) & (y0 < height)
    rows, columns = (np.clip(np.floor(v), 0, n - 1).astype(np.intp) for v, n in ((y0, height), (x0, width)))
    areas = (region.area(height, width)[rows, columns] & is_on for region in regions)
    return tuple(area for area in areas if area.any())
