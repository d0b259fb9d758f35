"""Samples by row, joined, and cut into batches."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from onnxcam import InputError
from onnxcam.imaging import Backdrop
from onnxcam.samples import InputSpec, Samples, backdrops, cut, join


def samples(count: int, *, start: int = 0) -> Samples:
    x = np.arange(start, start + count, dtype=np.float32)[:, None] * np.ones(4, np.float32)
    state = np.zeros((count, 1, 8), np.float32)  # as long as the samples are many, and yet no sample's
    return Samples(
        {"x": x, "state": state, "k": np.int64(3)},
        count,
        backdrops=tuple(Backdrop(one[None]) for one in x),
        whole=frozenset({"state"}),
        notes=(f"from {start}",),
    )


def test_rows_are_taken_of_what_counts_samples() -> None:
    taken = samples(5).rows([3, 1])
    assert (taken.count, taken.feeds["x"][:, 0].tolist(), len(taken.feeds["state"])) == (2, [3, 1], 5)
    assert [b.values[0, 0] for b in taken.backdrops] == [3, 1]


def test_joined_samples_are_all_of_them_in_order() -> None:
    one, other = samples(2), samples(3, start=2)
    other = dataclasses.replace(other, feeds={**other.feeds, "state": one.feeds["state"]})
    both = join([one, other])
    assert (both.count, both.feeds["x"][:, 0].tolist()) == (5, [0, 1, 2, 3, 4])
    assert (len(both.feeds["state"]), len(both.backdrops), both.notes) == (2, 5, ("from 0", "from 2"))
    with pytest.raises(InputError, match="differ in shape"):
        join([one, samples(3)])


def test_a_batch_is_padded_and_what_counts_no_samples_goes_in_whole() -> None:
    batches = list(cut(samples(3), 2))
    assert [place for place, _ in batches] == [slice(0, 2), slice(2, 3)]
    assert [feeds["x"][:, 0].tolist() for _, feeds in batches] == [[0, 1], [2, 2]]
    assert all(feeds["state"].shape == (3, 1, 8) and feeds["k"] == 3 for _, feeds in batches)


@pytest.mark.parametrize(
    ("shape", "dims", "count", "values"),
    [
        ((2, 5), (None, 5), 1, (1, 5)),
        ((2, 3, 5), (None, 3, None), 1, (3, 5)),
        ((2, 5, 3), (None, None, 3), 1, (3, 5)),
        ((2, 6, 5), (None, 6, 5), 2, (1, 6, 5)),
        ((2, 6, 5, 3), (None, 6, 5, 3), 2, (3, 6, 5)),
        ((2, 4, 5, 6, 1), (None, 4, 5, 6, 1), 3, (1, 4, 5, 6)),
        ((2, 3, 4, 5), (), 2, (3, 4, 5)),
    ],
    ids=["NT", "NCT", "NTC", "NHW", "NHWC", "NDHWC", "unknown rank"],
)
def test_backdrops_have_their_channels_first(shape: tuple, dims: tuple, count: int, values: tuple) -> None:
    tensor = np.arange(np.prod(shape)).reshape(shape)
    found = backdrops(tensor, InputSpec("x", dims, np.dtype(np.float32)), count)
    assert [one.values.shape for one in found] == [values] * 2
    if shape[-1] == values[0] and dims:
        np.testing.assert_array_equal(found[1].values, np.moveaxis(tensor[1], -1, 0))
