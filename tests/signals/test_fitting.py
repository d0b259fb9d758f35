"""Windows, middles, mixes and other rates."""

from __future__ import annotations

import numpy as np
import pytest

from onnxcam.signals import centred, mixed, resampled, windows


@pytest.mark.parametrize(("count", "length"), [(12, 4), (10, 4), (3, 8)], ids=["even", "a rest", "too short"])
def test_windows_put_end_to_end_are_the_signal_and_zeros(rng: np.random.Generator, count: int, length: int) -> None:
    signal = rng.standard_normal((2, count)).astype(np.float32)
    cuts = windows(signal, length)
    assert cuts.shape == (-(-count // length), 2, length)
    joined = np.concatenate(list(cuts), axis=1)
    np.testing.assert_array_equal(joined[:, :count], signal)
    assert not joined[:, count:].any()


def test_the_last_window_may_be_filled_with_the_beginning() -> None:
    signal = np.arange(1, 6, dtype=np.float32)[None]
    np.testing.assert_array_equal(windows(signal, 4, is_repeated=True)[:, 0], [[1, 2, 3, 4], [5, 1, 2, 3]])
    np.testing.assert_array_equal(windows(signal, 12, is_repeated=True)[0, 0], [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2])


def test_channels_are_averaged_repeated_or_refused() -> None:
    stereo = np.array([[1, 2], [3, 6]], np.float32)
    np.testing.assert_array_equal(mixed(stereo, 1), [[2, 4]])
    np.testing.assert_array_equal(mixed(stereo[:1], 3), [[1, 2]] * 3)
    assert mixed(stereo, 2) is stereo
    assert mixed(stereo, 3) is None


@pytest.mark.parametrize(
    ("size", "starts", "inside"),
    [
        ((4, 4, 4), (1, 1, 2), (slice(0, 4),) * 3),
        ((8, 6, 8), (-1, 0, 0), (slice(1, 7), slice(0, 6), slice(0, 8))),
        ((None, 3, None), (0, 1, 0), (slice(0, 6), slice(0, 3), slice(0, 8))),
    ],
    ids=["smaller", "larger along one axis", "any along two"],
)
def test_the_middle_is_taken_and_zeros_lie_around(size: tuple, starts: tuple, inside: tuple) -> None:
    voxels = np.arange(1, 289, dtype=np.float32).reshape(1, 6, 6, 8)
    result, at, seen = centred(voxels, size)
    assert (at, seen) == (starts, inside)
    assert result.shape == (1, *(have if want is None else want for have, want in zip((6, 6, 8), size, strict=True)))
    taken = tuple(slice(s + i.start, s + i.stop) for s, i in zip(starts, inside, strict=True))
    np.testing.assert_array_equal(result[(slice(None), *inside)], voxels[(slice(None), *taken)])
    assert np.count_nonzero(result) == voxels[(slice(None), *taken)].size


@pytest.mark.parametrize("count", [100, 101])
@pytest.mark.parametrize("wanted", [50, 70, 150, 200])
def test_another_rate_gives_what_scipy_gives(rng: np.random.Generator, count: int, wanted: int) -> None:
    scipy_signal = pytest.importorskip("scipy.signal", reason="the oracle for resampling is scipy")
    signal = rng.standard_normal((2, count)).astype(np.float32)
    result = resampled(signal, 100, wanted)
    expected = scipy_signal.resample(signal.astype(np.float64), round(count * wanted / 100), axis=1)
    np.testing.assert_allclose(result, expected, atol=1e-5)


def test_a_tone_keeps_its_pitch_and_its_own_rate_changes_nothing() -> None:
    tone = np.sin(2 * np.pi * 5 * np.arange(400) / 400, dtype=np.float32)[None]
    other = resampled(tone, 400, 160)
    np.testing.assert_allclose(other[0], np.sin(2 * np.pi * 5 * np.arange(160) / 160), atol=1e-5)
    assert resampled(tone, 400, 400) is tone
