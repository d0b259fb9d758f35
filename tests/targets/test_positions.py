"""Targets over scores with positions: segmentation, boxes, points, masks, sequences."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from onnxcam.errors import InputError
from onnxcam.imaging import Preprocess
from onnxcam.imaging.framing import frame
from onnxcam.targets import Aim, InMask, Scores, Similarity, resolve_target

Array = NDArray[Any]
SIZE = (8, 12)


def scores(logits: Array, **more: Any) -> Scores:
    return Scores(logits, 1, (2, 3), input_size=SIZE, **more)


@pytest.fixture
def logits() -> Array:
    """Three classes on 4 x 6: the second wins in the left half, the third in one cell, the first elsewhere."""
    found = np.zeros((1, 3, 4, 6), np.float32)
    found[0, 0] = 1
    found[0, 1, :, :3] = 2
    found[0, 2, 0, 5] = 3
    return found


def only(target: object, given: Scores) -> Aim:
    (aim,) = resolve_target(target, given.labels).aims(given)
    return aim


def test_the_prediction_is_the_class_that_wins_most_but_for_the_background(logits: Array) -> None:
    aim = only(None, scores(logits))
    assert aim.class_index.tolist() == [1]
    expected = np.zeros_like(logits)
    expected[0, 1, :, :3] = 1
    np.testing.assert_array_equal(aim.cotangent, expected)


def test_a_first_class_with_a_name_of_its_own_is_no_background(logits: Array) -> None:
    wide = logits.copy()
    wide[0, 1, :, 2] = 0
    assert only(None, scores(wide, labels=("road", "car", "sky"))).class_index.tolist() == [0]
    assert only(None, scores(wide, labels=("background", "car", "sky"))).class_index.tolist() == [1]


def test_a_class_that_wins_nowhere_is_explained_everywhere(logits: Array) -> None:
    logits[0, 2] = -9
    assert only(2, scores(logits)).cotangent.sum() == 24


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("1 in 0,0,4,4", [(0, 0), (0, 1), (1, 0), (1, 1)]),
        ("1 at 5,3", [(1, 2)]),
        ("1 in 2,0,4,8", [(0, 1), (1, 1), (2, 1), (3, 1)]),
    ],
    ids=str,
)
def test_regions_are_in_pixels_of_the_input_for_a_tensor(
    logits: Array, text: str, cells: list[tuple[int, int]]
) -> None:
    aim = only(text, scores(logits))
    assert sorted(zip(*np.nonzero(aim.cotangent[0, 1]), strict=True)) == cells
    assert aim.cotangent.sum() == len(cells)
    assert text.removeprefix("1 ") in aim.names[0]


def test_regions_are_in_pixels_of_the_original_for_a_picture(logits: Array) -> None:
    """A picture of 80 x 120 in a letterbox of 8 x 12 is ten times as large; cropped, it is shifted as well."""
    geometry = frame(Preprocess(resize="stretch"), (80, 120), SIZE)
    aim = only("1 in 0,0,40,40", scores(logits, frames=(geometry,)))
    assert sorted(zip(*np.nonzero(aim.cotangent[0, 1]), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    cropped = frame(Preprocess(resize="none", crop=SIZE), (20, 30), SIZE)
    left, top = cropped.box.left, cropped.box.top
    aim = only(f"1 in {left},{top},{left + 4},{top + 4}", scores(logits, frames=(cropped,)))
    assert sorted(zip(*np.nonzero(aim.cotangent[0, 1]), strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_without_a_class_the_one_that_scores_most_within_is_explained(logits: Array) -> None:
    assert only("at 11,1", scores(logits)).class_index.tolist() == [2]
    assert only("in 0,0,6,8", scores(logits)).class_index.tolist() == [1]


def test_a_mask_file_is_laid_on_the_original(logits: Array, tmp_path: Path) -> None:
    mask = np.zeros((80, 120), np.uint8)
    mask[20:40, 60:80] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    geometry = frame(Preprocess(resize="stretch"), (80, 120), SIZE)
    aim = only(f"2 in {tmp_path / 'mask.png'}", scores(logits, frames=(geometry,)))
    assert sorted(zip(*np.nonzero(aim.cotangent[0, 2]), strict=True)) == [(1, 3)]
    direct = InMask(mask, 2).aims(scores(logits, frames=(geometry,)))[0]
    np.testing.assert_array_equal(direct.cotangent, aim.cotangent)


@pytest.mark.parametrize(
    ("before", "values", "expected"),
    [(("Sigmoid",), [-1.0, 2.0], [0, 1]), ((), [0.2, 0.9], [0, 1]), ((), [-3.0, -2.0], [1, 1])],
    ids=["logits", "probabilities", "nothing is found"],
)
def test_a_single_class_is_explained_where_it_is_found(
    before: tuple[str, ...], values: list[float], expected: list[int]
) -> None:
    given = Scores(np.array(values, np.float32).reshape(1, 1, 1, 2), 1, (2, 3), before, input_size=(1, 2))
    aim = only(None, given)
    assert (aim.class_index.tolist(), aim.names) == ([-1], ("the score",))
    np.testing.assert_array_equal(aim.cotangent.reshape(-1), expected)


@pytest.mark.parametrize(("axis", "shape"), [(1, (1, 4, 7)), (2, (1, 7, 4))], ids=["(N, C, T)", "(N, T, C)"])
def test_a_step_of_a_sequence(axis: int, shape: tuple[int, ...]) -> None:
    aim = only("2 at 5", Scores(np.zeros(shape, np.float32), axis, (3 - axis,), input_size=(70,)))
    assert np.argwhere(np.moveaxis(aim.cotangent, axis, 1)).tolist() == [[0, 2, 5]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 in 100,100,120,120", "no score lies in 100,100"),
        ("1 at 50,1", "no score lies at 50,1"),
        ("1 at 3", "no position"),
    ],
    ids=["box", "point", "rank"],
)
def test_a_region_beyond_the_scores_is_refused(logits: Array, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        only(text, scores(logits))


def test_the_cosine_has_its_own_derivative() -> None:
    rng = np.random.default_rng(0)
    embeddings, reference = rng.standard_normal((3, 6)), rng.standard_normal((1, 6))

    def cosine(e: Array) -> Array:
        r = reference[0]
        return np.asarray(e @ r / np.linalg.norm(e, axis=1) / np.linalg.norm(r))

    given = Scores(embeddings.astype(np.float32), embed=lambda _: reference)
    (aim,) = Similarity("other.png").aims(given)
    assert aim.score is not None
    np.testing.assert_allclose(aim.score, cosine(embeddings), rtol=1e-6)
    step = 1e-6
    slopes = [(cosine(embeddings + step * u) - cosine(embeddings - step * u)) / (2 * step) for u in np.eye(6)]
    np.testing.assert_allclose(aim.cotangent, np.stack(slopes, 1), atol=1e-6)
    assert aim.names[0] == "like other.png"


def test_a_reference_of_another_size_is_refused() -> None:
    given = Scores(np.zeros((1, 6), np.float32), embed=lambda _: np.ones((1, 5), np.float32))
    with pytest.raises(InputError, match="the reference's score tensor has 5 numbers, this input's 6"):
        Similarity("other.png").aims(given)
