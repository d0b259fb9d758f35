"""What a reader of maps must know of where they lie."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from onnxcam.imaging import Backdrop

__all__ = ["remarks"]

MOST = 0.5
ONE_POSITION = (
    "the layer has a single position for an input of this size, so its map cannot say where; "
    "name an earlier layer (--layer), onnxcam inspect lists them"
)


def remarks(raw: NDArray[np.float32], backdrops: Sequence[Backdrop]) -> tuple[str, ...]:
    """Notes on maps `(N, *space)` at the layer's resolution: with one position only, or mostly on what is padding."""
    if raw[0].size == 1:
        return (ONE_POSITION,)
    shares = [_on_padding(one, backdrop) for one, backdrop in zip(raw, backdrops, strict=False)]
    found = [(i, share) for i, share in enumerate(shares) if share > MOST]
    if not found:
        return ()
    which = ", ".join(f"input {i}" for i, _ in found) if len(raw) > 1 else "this input"
    return (f"most of the map of {which} ({max(s for _, s in found):.0%}) lies on padding, not on what was given",)


def _on_padding(raw: NDArray[np.float32], backdrop: Backdrop) -> float:
    """The share of a map whose positions have their middle outside of what was given."""
    total = float(raw.sum())
    if not backdrop.seen or total == 0 or len(backdrop.seen) != raw.ndim:
        return 0.0
    inside = [
        (part.start <= middles) & (middles < part.stop)
        for part, middles in (
            (part, (np.arange(cells) + 0.5) * size / cells)
            for part, cells, size in zip(backdrop.seen, raw.shape, backdrop.values.shape[1:], strict=True)
        )
    ]
    return 1 - float(raw[np.ix_(*inside)].sum()) / total
