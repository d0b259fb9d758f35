"""Samples from sounds, `.wav`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from onnxcam.errors import InputError
from onnxcam.imaging import Backdrop, Preprocess
from onnxcam.samples.batches import Samples
from onnxcam.samples.files import reads
from onnxcam.samples.scaling import scaled
from onnxcam.samples.specs import InputSpec
from onnxcam.signals import Sound, mixed, read_wav, resampled, windows

__all__ = ["read_sound"]

FULL_SCALE = 32768.0
"""The number of 16-bit PCM that stands for 1."""


@reads(".wav")
def read_sound(path: Path, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """A sound, mixed to the model's channels and cut into windows of its length, each a sample.

    A model of any length gets the whole sound, or windows of `preprocess.window`.
    """
    settings = preprocess or Preprocess("unit")
    if len(main.shape) not in (2, 3):
        raise InputError(
            f"the input '{main.name}' takes {main}, no sound as in '{path}'. Give what its own pipeline computes "
            "from a sound, such as a spectrogram, as .npy.",
            path=path,
            input=main.name,
        )
    sound, axis = read_wav(path), main.channel_axis
    channels = 1 if axis is None else main.shape[axis] or len(sound.samples)
    samples = mixed(sound.samples.astype(np.float32), channels)
    if samples is None:
        raise InputError(
            f"the input '{main.name}' takes {main}: {channels} channels; '{path}' has {len(sound.samples)}.", path=path
        )
    rate = settings.rate or sound.rate
    samples = resampled(samples, sound.rate, rate)
    numbers, told = scaled(samples, settings, main, path, low=0, high=FULL_SCALE)
    count = numbers.shape[1]
    length = main.shape[main.space_axes()[0]] or min(settings.window or count, count)
    cuts = windows(numbers, length, is_repeated=settings.fill == "repeat")
    backdrops = tuple(
        Backdrop(one, rate, start=(i * length,), seen=(slice(0, min(length, count - i * length)),))
        for i, one in enumerate(cuts)
    )
    notes = (
        f"'{path}': {_described(sound, channels, rate)}, {told}",
        *_window_notes(path, count, length, len(cuts), settings.fill),
        *(() if settings.rate else (UNKNOWN_RATE,)),
    )
    tensor = cuts[:, 0] if axis is None else np.moveaxis(cuts, 1, axis)
    return Samples({main.name: tensor}, len(tensor), backdrops=backdrops, rate=rate, notes=notes)


UNKNOWN_RATE = "the model's file does not say which sample rate it takes; the sound's own is assumed (--rate resamples)"


def _described(sound: Sound, channels: int, rate: int) -> str:
    own, count = sound.samples.shape
    layout = {1: "mono", 2: "stereo"}.get(own, f"{own} channels")
    mix = "" if own == channels else ", mixed to mono" if channels == 1 else f", repeated to {channels} channels"
    change = "" if rate == sound.rate else f", resampled to {rate} Hz"
    return f"{layout}, {sound.rate} Hz, {count} samples ({count / sound.rate:.3g} s){mix}{change}"


def _window_notes(path: Path, count: int, length: int, number: int, fill: str) -> tuple[str, ...]:
    missing = number * length - count
    what = f"{missing} zeros fill" if fill == "zeros" else f"{missing} samples from its beginning on fill"
    filled = f"; {what} {'it' if number == 1 else 'the last'} up" if missing else ""
    if number > 1:
        return (f"'{path}': {number} windows of {length} samples, each explained on its own{filled}",)
    return (f"'{path}': the model takes {length} samples{filled}",) if filled else ()
