"""Samples from `.npz` files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from onnxcam import InputError
from tests.samples.reading import read


def write(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "a.npz", **arrays)
    return folder / "a.npz"


def test_arrays_go_to_the_inputs_of_their_names(tmp_path: Path) -> None:
    path = write(tmp_path, x=np.ones((2, 5), np.float32), k=np.int64(3), extra=np.zeros(1))
    samples = read(path, x=("N", 5), k=(int,))
    assert (samples.count, samples.feeds["x"].shape, int(samples.feeds["k"])) == (2, (2, 5), 3)
    assert samples.notes == (f"'{path}': 'extra' is no input of the model and is ignored",)


def test_one_array_is_for_the_input_explained_whatever_its_name(tmp_path: Path) -> None:
    samples = read(write(tmp_path, arr_0=np.ones((2, 5), np.float32)), x=("N", 5))
    assert (samples.feeds["x"].shape, samples.notes) == ((2, 5), ())


def test_the_only_one_that_fits_is_taken_and_said(tmp_path: Path) -> None:
    path = write(tmp_path, images=np.ones((2, 5), np.float32), labels=np.ones(2, np.int64))
    samples = read(path, x=("N", 5))
    assert samples.feeds["x"].shape == (2, 5)
    assert samples.notes == (f"'{path}': of 'images', 'labels', 'images' alone fits the input 'x' and is explained",)


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"a": np.ones((2, 5), np.float32), "b": np.ones((3, 5), np.float32)}, "more than one fits"),
        ({"a": np.ones((2, 6), np.float32), "b": np.ones((2, 5), np.uint8)}, "none of them fits"),
        ({"k": np.int64(3)}, "no array 'x', the input that is explained"),
        ({"x": np.ones((0, 5), np.float32)}, "holds no samples"),
        ({}, "holds no arrays"),
    ],
    ids=["two fit", "none fits", "the main input is missing", "no samples", "no arrays"],
)
def test_what_is_not_clear_is_an_error(tmp_path: Path, arrays: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        read(write(tmp_path, **arrays), x=("N", 5), k=(int,))


def test_the_error_says_what_is_held_and_what_to_write(tmp_path: Path) -> None:
    path = write(tmp_path, images=np.ones((2, 7, 7), np.uint8), labels=np.ones(2, np.int64))
    with pytest.raises(InputError, match=r"'images' uint8 \[2, 7, 7\], 'labels' int64 \[2\].*'x' float32 \[\?, 5\]"):
        read(path, x=("N", 5))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="holds no numpy arrays"):
        read(tmp_path / "a.npz", x=("N", 5))
    np.save(tmp_path / "b.npy", np.zeros(3))
    (tmp_path / "b.npy").rename(tmp_path / "b.npz")
    with pytest.raises(InputError, match="Rename it to .npy"):
        read(tmp_path / "b.npz", x=("N", 5))
    header = b"\x93NUMPY\x01\x00\x06\x00({'a\n("
    (tmp_path / "d.npy").write_bytes(header)
    with pytest.raises(InputError, match="holds no numpy array"):
        read(tmp_path / "d.npy", x=("N", 5))
    write(tmp_path, x=np.zeros(3)).rename(tmp_path / "c.npy")
    with pytest.raises(InputError, match="Rename it to .npz"):
        read(tmp_path / "c.npy", x=("N", 5))
