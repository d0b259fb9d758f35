"""Which files are read as something else than pictures."""

from __future__ import annotations

from onnxcam.samples import file_suffixes, is_array_file, is_tensor_file


def test_every_kind_of_file_is_known() -> None:
    assert file_suffixes() == (".nii", ".nii.gz", ".npy", ".npz", ".wav")
    assert all(is_tensor_file(f"A{suffix.upper()}") for suffix in file_suffixes())
    assert not is_tensor_file("a.png")
    assert [suffix for suffix in file_suffixes() if is_array_file(f"a{suffix}")] == [".npy", ".npz"]
