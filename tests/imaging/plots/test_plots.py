"""Signals, arrays in two dimensions and volumes with their maps: the colours are where they belong."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from onnxcam import InputError
from onnxcam.imaging import Backdrop, heatmap, plot
from onnxcam.imaging.plots import fields, signals, volumes
from onnxcam.imaging.plots.canvas import grey, ticks
from onnxcam.imaging.plots.signals import covered
from onnxcam.imaging.plots.volumes import enlarged, upright_slice


def inside(picture: np.ndarray, row: int = 0, height: int = signals.HEIGHTS[1]) -> np.ndarray:
    """The part of a signal's plot between its axes."""
    top = signals.TOP + row * (height + signals.GAP)
    return picture[top : top + height, signals.LEFT : signals.LEFT + signals.WIDTH]


def test_a_curve_has_the_colours_of_the_map(rng: np.random.Generator) -> None:
    saliency = rng.random(signals.WIDTH).astype(np.float32)
    steep = np.resize([1.0, -1.0], signals.WIDTH * 10)[None]  # from one end to the other within every column
    picture = inside(plot(Backdrop(steep), saliency.repeat(10), colormap="viridis", alpha=1))
    np.testing.assert_array_equal(picture[len(picture) // 2], heatmap(saliency[None], "viridis")[0])


def test_no_peak_of_the_map_is_lost_between_two_columns() -> None:
    saliency = np.zeros(50 * signals.WIDTH, np.float32)
    saliency[50 * 100 + 3] = 1
    steep = np.resize([1.0, -1.0], len(saliency))[None]
    picture = inside(plot(Backdrop(steep), saliency, alpha=1))
    assert [tuple(picture[120, x]) for x in (99, 100, 101)] == [(0, 0, 128), (128, 0, 0), (0, 0, 128)]


def test_without_the_map_the_curve_is_black_on_white() -> None:
    values = np.sin(np.arange(50))[None]
    picture = inside(plot(Backdrop(values), np.linspace(0, 1, 50, dtype=np.float32), alpha=0))
    assert (picture == picture[..., :1]).all()
    np.testing.assert_array_equal(np.unique(picture)[[0, -1]], [signals.CURVE_GREY, 255])


@pytest.mark.parametrize("count", [7, 50, 4000])
def test_every_sample_lies_within_what_the_curve_covers(rng: np.random.Generator, count: int) -> None:
    values = rng.standard_normal(count)
    bottom, top = covered(values, 300)
    column = ((np.arange(count) + 0.5) / count * 300).astype(int)
    assert ((bottom[column] <= values) & (values <= top[column])).all()
    assert (bottom[1:] <= top[:-1]).all()  # the curve is in one piece
    assert (top[1:] >= bottom[:-1]).all()
    assert (bottom.min(), top.max()) == (values.min(), values.max())


def test_padding_is_pale_and_said() -> None:
    values = np.resize([1.0, -1.0], 100)[None]
    backdrop = Backdrop(values, seen=(slice(0, 80),))
    full, half = (inside(plot(b, np.ones(100, np.float32))) for b in (Backdrop(values), backdrop))
    edge = signals.WIDTH * 4 // 5
    np.testing.assert_array_equal(full[:, :edge], half[:, :edge])
    assert half[60:, edge:].min() > 150


def test_much_padding_is_cut_short() -> None:
    values, saliency = np.resize([1.0, -1.0], 100), np.ones(1000, np.float32)
    long = plot(Backdrop(np.pad(values, (0, 900))[None], seen=(slice(0, 100),)), saliency)
    short = plot(Backdrop(np.pad(values, (0, 25))[None], seen=(slice(0, 100),)), saliency[:125])
    edge = signals.WIDTH * 4 // 5
    np.testing.assert_array_equal(inside(long)[:, :edge], inside(short)[:, :edge])


def test_few_channels_have_a_curve_each_and_many_are_rows() -> None:
    saliency = np.linspace(0, 1, 64, dtype=np.float32)
    three = plot(Backdrop(np.ones((3, 64))), saliency)
    assert len(three) == signals.TOP + 3 * (signals.HEIGHTS[3] + signals.GAP) + signals.BOTTOM
    values = np.zeros((20, 64))
    values[5] = 1
    picture = inside(plot(Backdrop(values), saliency, alpha=0), height=240)
    np.testing.assert_array_equal(picture[:, 400, 0], np.repeat(values[:, 0] * 255, 12))


def test_the_axis_counts_from_the_beginning_of_the_file() -> None:
    saliency = np.zeros(100, np.float32)
    early, late = (plot(Backdrop(np.zeros((1, 100)), 100, start=(s,)), saliency) for s in (0, 300))
    assert (early != late).any()
    np.testing.assert_array_equal(inside(early), inside(late))


@pytest.mark.parametrize(
    ("low", "high", "count", "expected"),
    [
        (0, 1, 5, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0.3, 0.47, 4, ["0.30", "0.35", "0.40", "0.45"]),
        (-0.5, 63.5, 4, ["0", "20", "40", "60"]),
        (0, 144160, 8, ["0", "20000", "40000", "60000", "80000", "100000", "120000", "140000"]),
        (-1e-4, 1e-4, 2, ["-0.0001", "0.0000", "0.0001"]),
        (1000000, 1000512, 3, ["1000000", "1000200", "1000400"]),
        (-3e-8, 3e-8, 3, ["-2e-08", "0", "2e-08"]),
    ],
    ids=["unit", "a part", "indices", "samples", "small", "late", "tiny"],
)
def test_ticks_are_round_numbers(low: float, high: float, count: int, expected: list[str]) -> None:
    assert [told for _, told in ticks(low, high, count)] == expected
    assert all(low <= value <= high and float(told) == pytest.approx(value) for value, told in ticks(low, high, count))


def test_three_channels_are_colours_and_others_their_mean_in_grey(rng: np.random.Generator) -> None:
    picture = rng.integers(0, 256, (9, 8, 3), dtype=np.uint8)
    picture[0, 0], picture[1, 1] = 0, 255
    np.testing.assert_array_equal(grey(np.moveaxis(picture / 255.0 * 4 - 2, -1, 0)), picture)
    two = np.array([[[0.0, 2]], [[0, 4]]])
    np.testing.assert_array_equal(grey(two), [[[0] * 3, [255] * 3]])
    np.testing.assert_array_equal(grey(np.full((1, 2, 2), 7.0)), np.zeros((2, 2, 3)))


@pytest.mark.parametrize(
    ("shape", "repeats", "is_wide"),
    [((20, 10), (20, 20), False), ((10, 20), (20, 20), True), ((22, 1000), (7, 1), True), ((500, 500), (1, 1), False)],
    ids=["high", "wide", "very wide", "large"],
)
def test_an_array_is_shown_alone_and_with_the_map(
    rng: np.random.Generator, shape: tuple[int, int], repeats: tuple[int, int], is_wide: bool
) -> None:
    values, saliency = rng.random((1, *shape)), rng.random(shape).astype(np.float32)
    picture = plot(Backdrop(values), saliency, alpha=1)
    height, width = shape[0] * repeats[0], shape[1] * repeats[1]
    y, x = fields.TOP + is_wide * (height + fields.GAP), fields.LEFT + (not is_wide) * (width + fields.GAP)
    alone = picture[fields.TOP : fields.TOP + height, fields.LEFT : fields.LEFT + width]
    over = picture[y : y + height, x : x + width]
    np.testing.assert_array_equal(alone, grey(values).repeat(repeats[0], 0).repeat(repeats[1], 1))
    np.testing.assert_array_equal(over, heatmap(saliency).repeat(repeats[0], 0).repeat(repeats[1], 1))


@pytest.mark.parametrize(
    "directions",
    ["".join(d) for axes in itertools.permutations(("RL", "AP", "SI")) for d in itertools.product(*axes)],
)
def test_a_slice_stands_upright_whatever_the_order_of_axes(directions: str) -> None:
    """The one voxel that is furthest to the right, to the front and up is in the upper right corner of every slice."""
    corner = tuple(-1 if d in "RAS" else 0 for d in directions)
    values, saliency = np.zeros((1, 4, 4, 4)), np.zeros((4, 4, 4), np.float32)
    saliency[corner] = 1
    backdrop = Backdrop(values, directions=directions)
    planes = {}
    for axis in range(3):
        one = upright_slice(backdrop, grey(values), saliency, axis, corner[axis] % 4, "jet", 1)
        assert (one.pixels[0, -1] == heatmap(np.ones((1, 1), np.float32))[0, 0]).all()
        planes[one.caption.split(",")[0]] = (one.left, one.right, one.top, one.bottom)
    assert planes == {
        "sagittal": ("P", "A", "S", "I"),
        "coronal": ("L", "R", "S", "I"),
        "axial": ("L", "R", "A", "P"),
    }


def test_slices_without_directions_lie_as_in_memory() -> None:
    saliency = np.zeros((2, 3, 4), np.float32)
    saliency[1, 2, 0] = 1
    backdrop = Backdrop(np.zeros((1, 2, 3, 4)), start=(10, 0, 0))
    one = upright_slice(backdrop, grey(saliency[None]), saliency, 0, 1, "jet", 1)
    assert (one.caption, one.left) == ("axis 0 = 11", "")
    np.testing.assert_array_equal(
        one.pixels, heatmap(saliency[1]).repeat(volumes.SIDE // 4, 0).repeat(volumes.SIDE // 4, 1)
    )


def test_voxels_are_as_large_as_their_spacing() -> None:
    flat = Backdrop(np.zeros((1, 10, 20, 4)), spacing=(1, 1, 5))
    shapes = [enlarged(np.zeros(s, np.uint8), flat, axis).shape for axis, s in enumerate([(20, 4), (10, 4), (10, 20)])]
    assert shapes == [(280, 280), (140, 280), (140, 280)]
    assert enlarged(np.zeros((20, 4), np.uint8), Backdrop(flat.values), 0).shape == (280, 56)


def test_a_volume_has_a_second_row_where_the_peak_is_not_in_the_middle() -> None:
    saliency = np.zeros((8, 8, 8), np.float32)
    saliency[4, 4, 4] = 1
    values = np.zeros((1, 8, 8, 8))
    middle = plot(Backdrop(values), saliency)
    apart = plot(Backdrop(values), np.roll(saliency, 1, axis=2))
    assert len(apart) > len(middle)
    assert len(plot(Backdrop(values), saliency * 0)) == len(middle)


@pytest.mark.parametrize("shape", [(30,), (30, 20), (9, 10, 11)], ids=["signal", "field", "volume"])
def test_the_same_gives_the_same_and_leaves_its_arguments_alone(rng: np.random.Generator, shape: tuple) -> None:
    values, saliency = rng.random((2, *shape)), rng.random(shape).astype(np.float32)
    before = values.copy(), saliency.copy()
    one, other = (plot(Backdrop(values), saliency) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert (one.dtype, one.shape[2]) == (np.uint8, 3)
    for array, copy in zip((values, saliency), before, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize(
    ("shape", "saliency", "options", "told"),
    [
        ((1, 5), np.zeros(6), {}, r"the map has shape \(6,\), the sample \(5,\)"),
        ((1, 2, 2, 2, 2), np.zeros((2, 2, 2, 2)), {}, "4 dimensions cannot be drawn"),
        ((1, 5), np.zeros(5), {"alpha": 2}, "alpha is 2"),
        ((1, 5), np.zeros(5), {"colormap": "jett"}, "Did you mean 'jet'"),
        ((1, 5), np.full(5, 2.0), {}, r"expected \[0, 1\]"),
    ],
    ids=["another size", "four dimensions", "alpha", "colour map", "range"],
)
def test_what_cannot_be_drawn_is_told(shape: tuple, saliency: np.ndarray, options: dict, told: str) -> None:
    with pytest.raises(InputError, match=told):
        plot(Backdrop(np.zeros(shape)), saliency.astype(np.float32), **options)
