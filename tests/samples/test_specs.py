"""Which axes of an input are its space."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.samples import InputSpec


def spec(*shape: int | None) -> InputSpec:
    return InputSpec("x", shape, np.dtype(np.float32))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((None, 16000), (1,)),
        ((None, None), (1,)),
        ((None, 1, None), (2,)),
        ((None, None, 1), (1,)),
        ((None, 12, 5000), (2,)),
        ((None, 5000, 12), (1,)),
        ((None, None, None), (2,)),
        ((None, 3, 32, 32), (2, 3)),
        ((None, 32, 32, 3), (1, 2)),
        ((None, 1, 64, 64, 64), (2, 3, 4)),
        ((None, 64, 64, 64, 1), (1, 2, 3)),
        ((None, 4, None, None, None), (2, 3, 4)),
        ((None, None, None, None, 4), (1, 2, 3)),
    ],
    ids=lambda value: "x".join(str(v) for v in value),
)
def test_space_is_what_is_neither_samples_nor_channels(shape: tuple, axes: tuple[int, ...]) -> None:
    assert spec(*shape).space_axes() == axes
    sizes = tuple(d or 7 for d in shape)
    assert spec(*shape).space(sizes) == tuple(sizes[a] for a in axes)


@pytest.mark.parametrize(
    ("shape", "count"), [((None, 76, 32), 2), ((None, 64, 64, 64), 3)], ids=["spectrogram", "volume"]
)
def test_a_layer_with_as_many_dimensions_says_that_there_are_no_channels(shape: tuple, count: int) -> None:
    assert spec(*shape).space_axes(count) == tuple(range(1, len(shape)))
    assert len(spec(*shape).space_axes(count - 1)) == count - 1


def test_of_an_unknown_rank_the_array_decides() -> None:
    assert spec().space((2, 3, 8, 9)) == (8, 9)
    assert spec().space((2, 3, 8)) == (8,)
