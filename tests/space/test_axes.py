"""Positions along axes, against the cells that numpy moves itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from onnxcam.space.axes import NOWHERE, Axes, Grids, blank, broadcast, is_positional, reshaped

SIZE = (4, 6)


def codes(axes: Axes) -> NDArray[np.int64]:
    """The code of each element."""
    total = np.zeros([len(a) for a in axes], np.int64)
    for place, axis in enumerate(axes):
        total = total + axis.reshape([-1 if i == place else 1 for i in range(len(axes))])
    return total


@pytest.fixture
def picture() -> Axes:
    return (blank(1), blank(3), *Grids().axes("x", SIZE))


def test_every_cell_has_a_code_of_its_own(picture: Axes) -> None:
    found = codes(picture)[0, 0]
    assert len(np.unique(found)) == math.prod(SIZE)
    assert (np.diff(found.reshape(-1)) == 1).all()


@pytest.mark.parametrize(
    "shape",
    [(1, 3, 24), (3, 4, 6), (1, 3, 2, 2, 6), (1, 3, 2, 2, 3, 2), (1, 3, 1, 4, 6), (3, 1, 24), (1, 72), (72,), (36, 2)],
    ids=str,
)
def test_a_reshape_keeps_every_elements_code(picture: Axes, shape: tuple[int, ...]) -> None:
    found = reshaped(picture, shape)
    assert found is not None
    np.testing.assert_array_equal(codes(found), codes(picture).reshape(shape))


@given(st.data())
def test_any_reshape_keeps_the_codes_or_tells_nothing(data: st.DataObject) -> None:
    axes = (blank(2), blank(4), *Grids().axes("x", (6, 8)))
    left, shape = 2 * 4 * 6 * 8, []
    while left > 1:
        size = data.draw(st.sampled_from([d for d in range(2, left + 1) if left % d == 0]))
        shape.append(size)
        left //= size
    found = reshaped(axes, shape)
    if found is not None:
        np.testing.assert_array_equal(codes(found), codes(axes).reshape(shape))


def test_windows_are_split_exactly(picture: Axes) -> None:
    blocks = reshaped(picture, (1, 3, 2, 2, 2, 3))
    assert blocks is not None
    windows = reshaped(tuple(blocks[i] for i in (0, 2, 4, 1, 3, 5)), (4, 3, 2, 3))
    expected = codes(picture).reshape(1, 3, 2, 2, 2, 3).transpose(0, 2, 4, 1, 3, 5).reshape(4, 3, 2, 3)
    assert windows is not None
    np.testing.assert_array_equal(codes(windows), expected)


def test_positions_that_are_no_sum_over_the_parts_are_not_told() -> None:
    tokens = np.concatenate([[NOWHERE], Grids().axes("x", (7,))[0]])
    assert reshaped((tokens,), (2, 4)) is None


def test_an_axis_of_one_entry_leaves_its_code_behind() -> None:
    rows, columns = Grids().axes("x", (1, 5))
    found = reshaped((rows, columns), (5,))
    assert found is not None
    np.testing.assert_array_equal(found[0], rows[0] + columns)


def test_two_grids_share_no_code_and_their_sum_is_the_code_of_none() -> None:
    grids = Grids()
    a, b = (codes(grids.axes("x", size)).reshape(-1) for size in ((4, 6), (2, 3)))
    assert not set(a) & set(b)
    assert not any((cells >= 0).any() for cells in grids.cells((a[:, None] + b).reshape(-1)).values())


def test_broadcasting_takes_the_axis_that_has_positions(picture: Axes) -> None:
    found = broadcast([(blank(3), blank(1), blank(1)), picture], (1, 3, *SIZE))
    np.testing.assert_array_equal(codes(found), codes(picture))
    assert not is_positional(found[1])


def test_an_axis_of_one_entry_at_the_end_leaves_its_code_too() -> None:
    columns, rows = Grids().axes("x", (5, 1))
    found = reshaped((columns, rows + 3), (5,))
    assert found is not None
    np.testing.assert_array_equal(found[0], columns + 3)
