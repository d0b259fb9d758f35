"""Samples from volumes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError
from onnxcam.samples import InputSpec, gather
from tests.samples.reading import UNIT, read
from tests.signals.files import write_nifti


@pytest.mark.parametrize(
    ("shape", "given"),
    [
        (("N", 1, None, None, None), (1, 1, 4, 6, 8)),
        (("N", None, None, None, 1), (1, 4, 6, 8, 1)),
        (("N", 1, 2, 2, 2), (1, 1, 2, 2, 2)),
        (("N", 8, 8, 8, 1), (1, 8, 8, 8, 1)),
    ],
    ids=lambda value: "x".join(str(v) for v in value),
)
def test_a_volume_is_scaled_whole_and_its_middle_taken(
    tmp_path: Path, rng: np.random.Generator, shape: tuple, given: tuple[int, ...]
) -> None:
    voxels = rng.integers(-50, 200, (4, 6, 8), dtype=np.int16)
    voxels[0, 0, 0], voxels[1, 1, 1] = -100, 300
    samples = read(write_nifti(tmp_path / "v.nii.gz", voxels, "LPS"), x=shape)
    array = samples.feeds["x"].squeeze()
    assert samples.feeds["x"].shape == given
    part = tuple(slice(max(h - w, 0) // 2, max(h - w, 0) // 2 + w) for h, w in zip((4, 6, 8), array.shape, strict=True))
    within = tuple(
        slice(max(w - h, 0) // 2, max(w - h, 0) // 2 + h) for h, w in zip((4, 6, 8), array.shape, strict=True)
    )
    np.testing.assert_allclose(array[within], (voxels[part].astype(float) + 100) / 400, atol=1e-6)
    assert samples.backdrops[0].directions == "LPS"
    assert (
        "4 x 6 x 8 voxels of 1 x 1 x 1, axes in the file's order (LPS), [-100, 300] scaled to [0, 1]"
        in samples.notes[0]
    )
    assert len(samples.notes) == (1 if array.shape == (4, 6, 8) else 2)


def test_a_constant_volume_is_zeros(tmp_path: Path) -> None:
    for value in (0, 7):
        path = write_nifti(tmp_path / f"{value}.nii", np.full((2, 2, 2), value, np.float32))
        samples = read(path, x=("N", 1, 2, 2, 2))
        assert not samples.feeds["x"].any()
        assert f"all {value}, taken as 0" in samples.notes[0]


def test_an_input_of_bytes_gets_bytes_only(tmp_path: Path) -> None:
    spec = InputSpec("x", (None, 1, 2, 2, 2), np.dtype(np.uint8))
    path = write_nifti(tmp_path / "v.nii", np.full((2, 2, 2), 255, np.int16))
    assert gather(path, {"x": spec}, spec, UNIT).feeds["x"].max() == 255
    write_nifti(path, np.full((2, 2, 2), 256, np.int16))
    with pytest.raises(InputError, match="ranges from 256 to 256"):
        gather(path, {"x": spec}, spec, UNIT)


def test_the_notes_say_which_part_is_given(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "v.nii", np.zeros((4, 6, 8), np.float32))
    assert read(path, x=("N", 1, 2, 2, 8)).notes[1] == (
        f"'{path}': the model takes 2 x 2 x 8: the middle is given, voxels [1:3, 2:4, 0:8]"
    )
    assert read(path, x=("N", 1, 6, 6, 8)).notes[1].endswith("voxels [0:4, 0:6, 0:8], zeros around it")


@pytest.mark.parametrize(
    ("shape", "told"),
    [(("N", 3, 32, 32), "no volume as in"), (("N", 2, 4, 4, 4), "2 channels; '.*' has 1")],
    ids=["a picture's input", "two channels"],
)
def test_what_does_not_fit_is_an_error(tmp_path: Path, shape: tuple, told: str) -> None:
    path = write_nifti(tmp_path / "v.nii", np.zeros((4, 6, 8), np.float32))
    with pytest.raises(InputError, match=told):
        read(path, x=shape)
