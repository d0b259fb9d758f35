"""Sounds and volumes as files, for tests."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest


def write_wav(path: Path, samples: np.ndarray, rate: int = 8000, width: int = 2) -> Path:
    """Samples `(channels, T)`, integers of 8 * `width` bits, as a `.wav` file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(samples))
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(samples.T).astype(f"<i{width}" if width > 1 else "u1").tobytes())
    return path


def write_nifti(path: Path, voxels: np.ndarray, directions: str = "RAS") -> Path:
    """Voxels with axes that point where `directions` says, as a NIfTI file."""
    nibabel = pytest.importorskip("nibabel", reason="NIfTI files are read by nibabel")
    affine = nibabel.orientations.inv_ornt_aff(
        nibabel.orientations.ornt_transform(
            nibabel.orientations.axcodes2ornt("RAS"), nibabel.orientations.axcodes2ornt(directions)
        ),
        voxels.shape[:3],
    )
    nibabel.Nifti1Image(voxels, affine).to_filename(path)
    return path
