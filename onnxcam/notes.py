"""What the reader must know of a result: notes on gradients that end, maps that are empty, and sums that saturate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["dead_ends", "empty_maps", "saturated"]

FEW_PLACES = 3


def dead_ends(places: Sequence[str]) -> tuple[str, ...]:
    """A note on what the gradient does not see."""
    if not places:
        return ()
    shown = ", ".join(places[:FEW_PLACES]) + (f" and {len(places) - FEW_PLACES} more" if places[FEW_PLACES:] else "")
    return (f"a part of the gradient ends on the way, where it is zero or unknown: {shown}",)


def empty_maps(maps: NDArray[np.float32], rows: NDArray[np.int64]) -> tuple[str, ...]:
    """A note on the samples, `rows`, of which a map `(M, *space)` is zero everywhere."""
    empty = [row for row, one in zip(rows.tolist(), maps, strict=True) if not one.any()]
    if not empty:
        return ()
    which = "every input" if len(empty) == len(maps) else f"input {', '.join(map(str, dict.fromkeys(empty)))}"
    return (f"the map of {which} is zero everywhere: nothing at this layer raises the score",)


def saturated(is_so: bool) -> tuple[str, ...]:
    """A note on a quantised model whose sums this processor does not add exactly."""
    if not is_so:
        return ()
    return (
        "this processor's sums of uint8 times int8 saturate in ONNX Runtime (it has no VNNI), and the model's weights "
        "are large enough for it: the model itself can give other scores here than elsewhere. Run it on a processor "
        "with VNNI, or quantise it with reduce_range",
    )
