"""Operators with a window that moves over the space, and those that resample it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onnxcam.space.axes import NOWHERE, Axes, blank, is_positional
from onnxcam.space.flows.passage import Passage, flow, kept

__all__ = ["convolution", "pad", "pool_all", "resampling", "window"]


@flow("Conv", "ConvInteger", "FusedConv", "NhwcConv", "NhwcFusedConv", "QLinearConv")
def convolution(at: Passage) -> list[Axes | None]:
    """The same grid where the size stays, another one where it changes."""
    return [windowed(at, _kernel(at))]


@flow("ConvTranspose", "DeformConv", "DepthToSpace", "SpaceToDepth", "Resize", "Upsample", "GridSample")
def resampling(at: Passage) -> list[Axes | None]:
    """Another grid of the same space."""
    return [windowed(at, None)]


@flow(*(f"{kind}{form}" for kind in ("AveragePool", "LpPool", "MaxPool") for form in ("", "V")))
@flow("Col2Im", "LRN", "MaxRoiPool", "MaxUnpool", "NhwcMaxPool", "QLinearAveragePool", "RoiAlign")
def window(at: Passage) -> list[Axes | None]:
    """As a convolution; a second output has the first one's positions."""
    axes = windowed(at, at.numbers("kernel_shape"))
    return [axes for _ in at.shapes]


@flow("Pad")
def pad(at: Passage) -> list[Axes | None]:
    """What is put around the space lies nowhere."""
    axes = at.inputs[0]
    widths, places = at.constant(1), at.constant(3)
    if "pads" in at.node.attributes:
        widths = np.array(at.numbers("pads"), np.int64)
    if axes is None or widths is None:
        return [windowed(at, None)]
    result, count = list(axes), len(widths) // 2
    for i, place in enumerate(range(count) if places is None else places.tolist()):
        before, after, axis = int(widths[i]), int(widths[i + count]), result[place]
        filling = NOWHERE if is_positional(axis) else int(axis[0]) if len(axis) else 0
        kept = axis[max(-before, 0) : len(axis) - max(-after, 0)]
        around = [np.full(max(n, 0), filling, np.int64) for n in (before, after)]
        result[place] = np.concatenate([around[0], kept, around[1]])
    return [tuple(result)]


@flow("GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "QLinearGlobalAveragePool")
def pool_all(at: Passage) -> list[Axes | None]:
    """No position is left along the space."""
    at.mix(at.data)
    return [kept(at.first, at.shapes[0])]


def windowed(at: Passage, kernel: Sequence[int] | None) -> Axes | None:
    """What an operator with a window, whose space lies behind batch and channels (or between them), gives."""
    shape, axes, place = at.shapes[0], at.first, at.data
    if shape is None or len(shape) < 3:
        return kept(axes, shape)
    is_last = at.number("channels_last", 0) == 1 or at.node.op_type.startswith("Nhwc")
    space = slice(1, len(shape) - 1) if is_last else slice(2, len(shape))
    if kernel is None or any(k != 1 for k in kernel):
        at.mix(place)
    if axes is None:
        fresh = at.grids.axes(at.source, shape[space])
        rest = [blank(n) for n in shape]
        return (*rest[: space.start], *fresh, *rest[space.stop :])
    if len(axes) != len(shape):
        return None
    inner = axes[space]
    if any(map(is_positional, inner)) and all(len(a) == n for a, n in zip(inner, shape[space], strict=True)):
        return tuple(a if len(a) == n else blank(n) for a, n in zip(axes, shape, strict=True))
    if any(map(is_positional, inner)) and is_positional(axes[0]):
        # Within windows, each of which is one position from here on: that of its first entry.
        first = sum(int(a[0]) for a in axes[1:] if len(a))
        return (axes[0] + first, *(blank(n) for n in shape[1:]))
    # Another resolution: of the dimensions that the input's space has, or of all where it has shown in none so far.
    if not any(map(is_positional, inner)) and at.grids.rank(at.source) not in {None, len(inner)}:
        return tuple(blank(n) for n in shape)  # along channels, as in a gate that they pass
    has_place = [is_positional(a) or not any(map(is_positional, inner)) for a in inner]
    sizes = [n for n, has in zip(shape[space], has_place, strict=True) if has]
    anew = iter(at.grids.axes(at.source, sizes))
    middle = [next(anew) if has else blank(n) for n, has in zip(shape[space], has_place, strict=True)]
    ends = [blank(n) for n in shape]
    return (*ends[: space.start], *middle, *ends[space.stop :])


def _kernel(at: Passage) -> Sequence[int] | None:
    """The size of a convolution's window, from its attribute or its weights."""
    declared = at.numbers("kernel_shape")
    weights = at.sizes[3 if at.node.op_type.startswith("QLinear") else 1]
    return declared or (weights[2:] if weights is not None else None)
