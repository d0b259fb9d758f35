"""Maps from the layer's resolution to the input's, in the unit interval."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["average", "normalize", "to_input_size"]

EPSILON = np.float32(1e-7)


def normalize(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Each map of `(N, *space)` as (m - min m) / (max(m - min m) + 1e-7): in [0, 1], a constant map becomes zeros.

    A NaN or an infinity spoils its own map and no other; the caller looks for them beforehand.

    Source: pytorch-grad-cam, `scale_cam_image`.
    """
    space = tuple(range(1, maps.ndim))
    scaled: NDArray[np.float32] = maps - maps.min(axis=space, keepdims=True)
    scaled /= scaled.max(axis=space, keepdims=True) + EPSILON
    return scaled


def to_input_size(raw: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Maps `(N, *space)` at the layer's resolution as maps `(N, *size)` at the input's, float32 in [0, 1].

    Per map: `normalize`, resize linearly between sample centres, `normalize` again. No antialiasing where `size` is
    smaller than the layer. NaN and infinities as in `normalize`.

    In two dimensions the numbers are those of pytorch-grad-cam. In three it interpolates with cubic splines that
    align the corner voxels, which overshoots below 0 and shifts the map against the input; here the same rule as in two
    dimensions holds for one and three.

    Raises:
        InputError: layer and input have different numbers of spatial dimensions.

    Source: pytorch-grad-cam, `BaseCAM.compute_cam_per_layer` and `aggregate_multi_layers`, for one layer.
    """
    return normalize(resized(raw, size))


def average(raws: Sequence[NDArray[np.float32]], size: tuple[int, ...]) -> NDArray[np.float32]:
    """The maps `(N, *space)` of several layers, each at its own resolution, as one at the input's, `(N, *size)`.

    Each is normalised and resized; their mean is normalised. For one layer this is `to_input_size`.

    Raises:
        InputError: a layer and the input have different numbers of spatial dimensions.

    Source: pytorch-grad-cam, `BaseCAM.aggregate_multi_layers`.
    """
    summed = resized(raws[0], size)
    for raw in raws[1:]:
        summed = summed + resized(raw, size)
    return normalize(summed / np.float32(len(raws)))


def resized(raw: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """Each map normalised and brought to the input's resolution, not normalised again."""
    space = raw.shape[1:]
    if len(space) != len(size):
        raise InputError(
            f"the layer's map has {len(space)} spatial dimensions {space}, the model's input {len(size)} {size}. "
            "Choose a layer with the input's dimensions with --layer; onnxcam inspect lists them.",
            space=space,
            size=size,
        )
    maps = normalize(raw.astype(np.float32, copy=False))
    if len(size) == 2:
        height, width = size
        enlarged = np.empty((len(maps), height, width), np.float32)
        for single, target in zip(maps, enlarged, strict=True):
            cv2.resize(single, (width, height), dst=target, interpolation=cv2.INTER_LINEAR)
        return enlarged
    for axis, length in enumerate(size, start=1):
        maps = resize_axis(maps, length, axis)
    return maps


def resize_axis(maps: NDArray[np.float32], length: int, axis: int) -> NDArray[np.float32]:
    """`maps` with `length` samples along `axis`: linear between sample centres, constant beyond the outermost."""
    before = maps.shape[axis]
    positions = np.clip((np.arange(length) + 0.5) * before / length - 0.5, 0, before - 1)
    lower = np.floor(positions).astype(np.intp)
    upper = np.minimum(lower + 1, before - 1)
    weight = (positions - lower).astype(np.float32)
    weight = weight.reshape(-1, *[1] * (maps.ndim - axis - 1))
    result: NDArray[np.float32] = maps.take(lower, axis) * (1 - weight) + maps.take(upper, axis) * weight
    return result
