"""Samples from volumes, `.nii` and `.nii.gz`."""

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
from onnxcam.signals import Volume, centred, read_volume

__all__ = ["read_nifti"]


@reads(".nii", ".nii.gz")
def read_nifti(path: Path, specs: Mapping[str, InputSpec], main: InputSpec, preprocess: Preprocess | None) -> Samples:
    """A volume, its axes in the file's order: the middle for a smaller model, zeros around it for a larger one."""
    settings, axis = preprocess or Preprocess("unit"), main.channel_axis
    if len(main.shape) != 5 or axis is None:
        raise InputError(
            f"the input '{main.name}' takes {main}, no volume as in '{path}': (N, C, X, Y, Z) or (N, X, Y, Z, C). "
            "Give an array of the input's shape as .npy.",
            path=path,
            input=main.name,
        )
    volume = read_volume(path)
    channels = main.shape[axis]
    if channels not in (None, len(volume.voxels)):
        raise InputError(
            f"the input '{main.name}' takes {main}: {channels} channels; '{path}' has {len(volume.voxels)}.", path=path
        )
    low, high = float(volume.voxels.min()), float(volume.voxels.max())
    numbers, told = scaled(volume.voxels, settings, main, path, low=low, high=high)
    voxels, starts, seen = centred(numbers, tuple(main.shape[a] for a in main.space_axes()))
    notes = (f"'{path}': {_described(volume)}, {told}", *_fit_notes(path, volume, voxels.shape[1:], starts))
    backdrop = Backdrop(voxels, start=starts, seen=seen, directions=volume.directions, spacing=volume.spacing)
    return Samples({main.name: np.moveaxis(voxels, 0, axis - 1)[None]}, 1, backdrops=(backdrop,), notes=notes)


def _described(volume: Volume) -> str:
    size = " x ".join(map(str, volume.voxels.shape[1:]))
    spacing = " x ".join(f"{s:g}" for s in volume.spacing)
    return f"{size} voxels of {spacing}, axes in the file's order ({volume.directions})"


def _fit_notes(path: Path, volume: Volume, size: tuple[int, ...], starts: tuple[int, ...]) -> tuple[str, ...]:
    if size == volume.voxels.shape[1:]:
        return ()
    part = ", ".join(
        f"{max(s, 0)}:{min(s + n, h)}" for s, n, h in zip(starts, size, volume.voxels.shape[1:], strict=True)
    )
    zeros = ", zeros around it" if min(starts) < 0 else ""
    return (f"'{path}': the model takes {' x '.join(map(str, size))}: the middle is given, voxels [{part}]{zeros}",)
