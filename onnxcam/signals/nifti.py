"""Volumes from NIfTI files, `.nii` and `.nii.gz`, which nibabel reads."""

from __future__ import annotations

import dataclasses
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from onnxcam.errors import InputError

__all__ = ["Volume", "read_volume"]


@dataclasses.dataclass(frozen=True, slots=True)
class Volume:
    """A volume as its file holds it, in the file's order of axes.

    Attributes:
        voxels: The values with the file's own scaling applied, float32 (channels, X, Y, Z).
        directions: Where each axis points, one letter each: R or L, A or P, S or I.
        spacing: Distance between voxels along each axis, in the file's unit, mostly mm.
    """

    voxels: NDArray[np.float32]
    directions: str
    spacing: tuple[float, float, float]


def read_volume(path: str | Path) -> Volume:
    """The volume in a NIfTI file; a fourth axis holds channels.

    Raises:
        InputError: nibabel is not installed; the file is missing, damaged, or not of three or four axes; or a voxel is
            NaN or infinite.
    """
    nibabel = _import_nibabel(path)
    try:
        voxels, directions, spacing = _read(nibabel, path)
    except FileNotFoundError as error:
        raise InputError(f"no file '{path}'.", path=path) from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what reads a stranger's bytes raises whatever it trips over
        told = " ".join(str(error).split()).rstrip(".")
        raise InputError(f"'{path}' is no NIfTI file, or a damaged one: {told}.", path=path) from error
    if voxels.ndim not in (3, 4) or 0 in voxels.shape:
        raise InputError(f"'{path}' holds an array of shape {list(voxels.shape)}, no volume.", path=path)
    if not np.isfinite(voxels).all():
        raise InputError(
            f"'{path}' holds voxels that are NaN or infinite. Set them to a number, as with numpy.nan_to_num.",
            path=path,
        )
    channels = voxels[None] if voxels.ndim == 3 else np.moveaxis(voxels, 3, 0)
    return Volume(channels, directions, (spacing[0], spacing[1], spacing[2]))


def _read(nibabel: ModuleType, path: str | Path) -> tuple[NDArray[np.float32], str, tuple[float, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        image: Any = nibabel.load(path)
        if not isinstance(image, nibabel.Nifti1Image):
            raise InputError(f"'{path}' holds a {type(image).__name__}, no NIfTI volume.", path=path)
        voxels = np.asarray(image.dataobj, np.float32)
        directions = "".join(c or "?" for c in nibabel.aff2axcodes(image.affine))
    return voxels, directions, tuple(float(z) for z in image.header.get_zooms()[:3])


def _import_nibabel(path: str | Path) -> ModuleType:
    try:
        import nibabel
    except ImportError as error:
        raise InputError(
            f"'{path}' is a NIfTI file, and nibabel, which reads it, is not installed. "
            "Run pip install 'onnxcam[nifti]', or give the volume as .npy.",
            path=path,
        ) from error
    module: ModuleType = nibabel
    return module
