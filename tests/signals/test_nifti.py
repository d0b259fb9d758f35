"""Volumes from NIfTI files."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError
from onnxcam.signals import read_volume
from tests.signals.files import write_nifti


@pytest.mark.parametrize("name", ["v.nii", "v.nii.gz"])
def test_voxels_come_back_with_where_their_axes_point(tmp_path: Path, rng: np.random.Generator, name: str) -> None:
    voxels = rng.integers(0, 256, (3, 4, 5), dtype=np.uint8)
    volume = read_volume(write_nifti(tmp_path / name, voxels, "LIA"))
    assert (volume.directions, volume.spacing, volume.voxels.dtype) == ("LIA", (1, 1, 1), np.float32)
    np.testing.assert_array_equal(volume.voxels[0], voxels)


def test_a_fourth_axis_holds_channels(tmp_path: Path, rng: np.random.Generator) -> None:
    voxels = rng.random((3, 4, 5, 2)).astype(np.float32)
    volume = read_volume(write_nifti(tmp_path / "v.nii", voxels))
    np.testing.assert_array_equal(volume.voxels, np.moveaxis(voxels, 3, 0))


def test_without_nibabel_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nibabel", None)
    with pytest.raises(InputError, match=r"Run pip install 'onnxcam\[nifti\]', or give the volume as .npy"):
        read_volume(tmp_path / "v.nii")


@pytest.mark.parametrize(
    ("name", "content"),
    [("v.nii", b"no volume"), ("v.nii.gz", b"no gzip"), ("v.nii", b"")],
    ids=["text", "no gzip", "empty"],
)
def test_what_is_no_volume_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    pytest.importorskip("nibabel", reason="NIfTI files are read by nibabel")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="is no NIfTI file, or a damaged one"):
        read_volume(tmp_path / name)


def test_a_truncated_volume_is_refused(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "v.nii.gz", np.arange(8000, dtype=np.int32).reshape(20, 20, 20))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError, match="is no NIfTI file, or a damaged one"):
        read_volume(path)


def test_missing_files_planes_and_nan_are_told(tmp_path: Path) -> None:
    plane = write_nifti(tmp_path / "plane.nii", np.zeros((3, 4, 5, 1, 2), np.float32))
    with pytest.raises(InputError, match="no volume"):
        read_volume(plane)
    with pytest.raises(InputError, match="no file"):
        read_volume(tmp_path / "none.nii")
    broken = write_nifti(tmp_path / "nan.nii", np.full((2, 2, 2), np.nan, np.float32))
    with pytest.raises(InputError, match="NaN or infinite"):
        read_volume(broken)


@pytest.mark.parametrize(
    ("place", "content"),
    [(70, b"\xf8\x00"), (108, b"\x00\x00\xc8\x42"), (42, b"\xff\xff")],
    ids=["type", "offset", "size"],
)
def test_a_damaged_header_is_refused(tmp_path: Path, place: int, content: bytes) -> None:
    path = write_nifti(tmp_path / "v.nii", np.zeros((3, 4, 5), np.uint8))
    data = bytearray(path.read_bytes())
    data[place : place + len(content)] = content
    path.write_bytes(data)
    with pytest.raises(InputError, match="is no NIfTI file, or a damaged one"):
        read_volume(path)
