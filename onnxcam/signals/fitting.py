"""Signals and volumes brought to the size that a model takes: windows, middles, and zeros where there is too little."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["centred", "mixed", "resampled", "windows"]


def windows(samples: NDArray[np.float32], length: int, *, is_repeated: bool = False) -> NDArray[np.float32]:
    """Samples `(channels, T)` as windows `(N, channels, length)`, one behind the other.

    The last is filled with zeros, or with the samples from the beginning again, as often as it takes.
    """
    channels, count = samples.shape
    number = -(-count // length)
    padded = np.zeros((channels, number * length), samples.dtype)
    padded[:, :count] = samples
    if is_repeated:
        padded = samples[:, np.arange(number * length) % count]
    return np.moveaxis(padded.reshape(channels, number, length), 1, 0)


def mixed(samples: NDArray[np.float32], channels: int) -> NDArray[np.float32] | None:
    """Samples `(any, T)` as `(channels, T)`: the mean for one channel, one repeated for several; else None."""
    if len(samples) == channels:
        return samples
    if channels == 1:
        return np.asarray(samples.mean(axis=0, keepdims=True), np.float32)
    return np.repeat(samples, channels, axis=0) if len(samples) == 1 else None


def resampled(samples: NDArray[np.float32], rate: int, wanted: int) -> NDArray[np.float32]:
    """Samples `(channels, T)` of `rate` Hz as samples of `wanted` Hz: the spectrum is cut, or filled with zeros.

    What lies above half of the lower rate is dropped. The ends are taken to meet, so the outermost samples may ring.
    """
    before = samples.shape[-1]
    after = max(1, round(before * wanted / rate))
    if after == before:
        return samples
    spectrum = np.fft.rfft(samples.astype(np.float64), axis=-1)
    kept = np.zeros((len(samples), after // 2 + 1), np.complex128)
    shared = min(kept.shape[-1], spectrum.shape[-1])
    kept[:, :shared] = spectrum[:, :shared]
    if min(before, after) % 2 == 0:  # the shorter one's highest frequency stands for two, or is half of two
        kept[:, shared - 1] *= 0.5 if after > before else 2
    scaled: NDArray[np.float64] = np.fft.irfft(kept, after, axis=-1) * (after / before)
    return scaled.astype(np.float32)


def centred(
    voxels: NDArray[np.float32], size: tuple[int | None, ...]
) -> tuple[NDArray[np.float32], tuple[int, ...], tuple[slice, ...]]:
    """The middle of `(channels, *space)` in `size`, zeros around it where the array is smaller; None keeps an axis.

    Returns:
        The array; where its first voxel lies in the given one, negative in zeros; and which part of it is no zeros.
    """
    space = voxels.shape[1:]
    wanted = tuple(have if want is None else want for have, want in zip(space, size, strict=True))
    starts = tuple((have - want) // 2 for have, want in zip(space, wanted, strict=True))
    taken = tuple(slice(max(s, 0), min(s + w, h)) for s, w, h in zip(starts, wanted, space, strict=True))
    inside = tuple(slice(t.start - s, t.stop - s) for t, s in zip(taken, starts, strict=True))
    result = np.zeros((len(voxels), *wanted), voxels.dtype)
    result[(slice(None), *inside)] = voxels[(slice(None), *taken)]
    return result, starts, inside
