"""Maps of what is no picture, drawn over it: signals, arrays in two dimensions, volumes.

    picture = plot(backdrop, saliency)     uint8 RGB (H, W, 3)

`PLOTS` says what draws which number of dimensions. Pillow draws: nothing else needs to be installed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.imaging.backdrop import Backdrop
from onnxcam.imaging.plots.fields import plot_field
from onnxcam.imaging.plots.signals import plot_signal
from onnxcam.imaging.plots.volumes import plot_volume

__all__ = ["plot"]

PLOTS = {1: plot_signal, 2: plot_field, 3: plot_volume}
"""Number of spatial dimensions -> what draws a map of it."""


def plot(
    backdrop: Backdrop, saliency: NDArray[np.float32], *, colormap: str = "jet", alpha: float = 0.5
) -> NDArray[np.uint8]:
    """The map `(*space)` in [0, 1] over the sample, uint8 RGB `(H, W, 3)`.

    Args:
        backdrop: The sample, its values `(channels, *space)`.
        saliency: The map.
        colormap: One of OpenCV's.
        alpha: Share of the map's colours: 0 is the sample alone, 1 the map alone.

    Raises:
        InputError: Map and sample differ in size; more than three dimensions or none; an unknown colour map; or `alpha`
            or the map outside [0, 1].
    """
    if saliency.shape != backdrop.values.shape[1:]:
        raise InputError(
            f"the map has shape {saliency.shape}, the sample {backdrop.values.shape[1:]}.",
            shape=saliency.shape,
            expected=backdrop.values.shape[1:],
        )
    if saliency.ndim not in PLOTS:
        raise InputError(
            f"a map in {saliency.ndim} dimensions cannot be drawn. Use .map instead.", shape=saliency.shape
        )
    if not 0 <= alpha <= 1:
        raise InputError(f"alpha is {alpha}, expected a number from 0 (sample only) to 1 (map only).", alpha=alpha)
    return PLOTS[saliency.ndim](backdrop, saliency, colormap, alpha)
