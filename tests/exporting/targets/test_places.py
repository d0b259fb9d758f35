"""Scores with positions in a file: where a class wins, a background, a point, a box, a mask; sizes that stay open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import onnxcam
from onnxcam.imaging import Preprocess
from onnxcam.targets import AtPosition, Contrast, InBox, InMask, Negative, PredictedClass, Several, TopClasses
from tests.conftest import Write
from tests.exporting.targets.checking import Array, Exported, write_scores

RNG = np.random.default_rng(5)
C = 5
V = RNG.standard_normal((C, 4, 1, 1)) * 2
EVEN = np.zeros(C)
MOSTLY_FIRST = np.array([2.5, 0, 0, 0, -50])
"""Class 0 wins at most places, class 4 at none."""
NAMES = ["background", "road", "car", "sky", "bird"]
HEAD = "z = Conv(curve, v, b)\n"
LAYOUTS = {
    "(N, C, H, W)": ("y = Identity(z)", "N, 5, {h}, {w}"),
    "(N, H, W, C)": ("y = Transpose <perm = [0, 2, 3, 1]> (z)", "N, {h}, {w}, 5"),
    "(N, C, P)": ("y = Reshape(z, flat)", "N, 5, P"),
    "(N, P, C)": ("f = Reshape(z, flat)\n y = Transpose <perm = [0, 2, 1]> (f)", "N, P, 5"),
}


def write(
    write_model: Write,
    layout: str = "(N, C, H, W)",
    *,
    head: Array = V,
    bias: Array = EVEN,
    is_open: bool = False,
    **more: Any,
) -> Path:
    """Five classes at each of 4 x 4 places of an input of 8 x 8, or of the sizes that a run has."""
    tail, shape = LAYOUTS[layout]
    sizes = {"h": "h", "w": "w"} if is_open else {"h": "4", "w": "4"}
    shape = shape.format(**sizes).replace("P", "P" if is_open else "16")
    weights = {"v": head, "b": bias, "flat": np.array([0, C, -1])}
    used = {name: array for name, array in weights.items() if name != "flat" or "flat" in tail}
    size = "H, W" if is_open else "8, 8"
    return write_scores(write_model, HEAD + tail, shape, size=size, stride=2, **used, **more)


def pictures(*size: int, count: int = 5, seed: int = 2, channels: int = 2) -> Array:
    drawn = np.random.default_rng(seed).standard_normal((count, channels, *size)) * 2
    return drawn.astype(np.float32)


def won(exported: Exported, x: Array) -> Array:
    """At how many places each class wins, of scores (N, C, H, W)."""
    best = exported.run(x)["y"].argmax(1).reshape(len(x), -1)
    return np.stack([(best == c).sum(1) for c in range(C)], axis=1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_class_is_explained_where_it_wins(write_model: Write, layout: str) -> None:
    exported, x = Exported.of(write(write_model, layout)), pictures(8, 8)
    assert len(set(exported.check(x))) > 1
    exported.check_chosen(x, [2, -1, 4, C, 0], C)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_best_classes_and_contrasts(write_model: Write, layout: str) -> None:
    Exported.of(write(write_model, layout), Several((TopClasses(3), Contrast(1, 3)))).check(pictures(8, 8))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sizes_that_stay_open(write_model: Write, layout: str) -> None:
    exported = Exported.of(write(write_model, layout, is_open=True), inputs=pictures(8, 8))
    for size in ((8, 8), (12, 10)):
        x = pictures(*size)
        exported.check(x)
        exported.check_chosen(x, [2, -1, 4, C, 0], C)


def test_other_targets_of_open_sizes(write_model: Write) -> None:
    targets = Several((TopClasses(2), Negative(PredictedClass())))
    exported = Exported.of(write(write_model, "(N, H, W, C)", is_open=True), targets, inputs=pictures(8, 8))
    exported.check(pictures(6, 14))


@pytest.mark.parametrize(
    ("labels", "is_left_out"),
    [
        pytest.param(None, True, id="no names"),
        pytest.param(NAMES, True, id="a background by name"),
        pytest.param(["grass", *NAMES[1:]], False, id="a class like the others"),
    ],
)
def test_a_background_is_left_out_where_another_wins_anywhere(
    write_model: Write, labels: list[str] | None, is_left_out: bool
) -> None:
    exported = Exported.of(write(write_model, bias=MOSTLY_FIRST), labels=labels)
    x = pictures(8, 8, count=60, seed=7) * np.linspace(0, 0.5, 60, dtype=np.float32)[:, None, None, None]
    counts = won(exported, x)
    everywhere, nearly = x[counts[:, 0] == 16][:2], x[counts[:, 0] == 15][:2]
    mostly = x[(counts[:, 0] < 15) & (counts.argmax(1) == 0)][:2]
    classes = exported.check(np.concatenate([everywhere, nearly, mostly]))
    assert (classes == 0).tolist() == [True, True, *[not is_left_out] * 4]


def test_a_class_that_wins_nowhere_is_explained_everywhere(write_model: Write) -> None:
    exported = Exported.of(write(write_model, bias=MOSTLY_FIRST))
    x = pictures(8, 8)
    assert not won(exported, x)[:, 4].any()
    exported.check_chosen(x, [4, 4, 0, 1, 4], C)


def test_of_classes_that_win_at_equally_many_places_the_first_is_predicted(write_model: Write) -> None:
    """The best few are told apart by their scores instead."""
    row = pictures(8, 8, count=60, seed=9)
    found = Exported.of(write(write_model), labels=["grass", *NAMES[1:]])
    counts = np.sort(won(found, row), axis=1)
    ties = row[counts[:, -1] == counts[:, -2]]
    assert len(ties) > 3
    found.check(ties)
    Exported.of(found.model, "top2").check(ties)


def test_where_two_classes_score_the_same_the_first_wins(write_model: Write) -> None:
    """The other wins nowhere, and is explained everywhere."""
    twice = V.copy()
    twice[3] = twice[1] = V[1] * 3
    exported, x = Exported.of(write(write_model, head=twice)), pictures(8, 8)
    assert (won(exported, x) > 0).any(0).tolist()[1:4:2] == [True, False]
    exported.check_chosen(x, [3, 1, 3, -1, 1], C)


def test_a_region_is_of_the_input_whatever_picture_is_given(write_model: Write, tmp_path: Path) -> None:
    model = write(write_model, channels=3)
    pixels = np.random.default_rng(3).integers(0, 256, (80, 80, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    given = {"inputs": tmp_path / "picture.png", "preprocess": Preprocess(resize="stretch")}
    Exported.of(model, "in 2,0,8,5", **given).check(pictures(8, 8, channels=3))


@pytest.mark.parametrize(
    ("target", "name"),
    [
        pytest.param("sky at 5,3", "sky (3) at 5,3", id="class at a point"),
        pytest.param("at 5,3", "the class that wins at 5,3", id="point"),
        pytest.param("car in 2,0,8,5", "car (2) in 2,0,8,5", id="class in a box"),
        pytest.param("in 2,0,8,5", "the class that wins in 2,0,8,5", id="box"),
        pytest.param(InMask(np.tri(8), 4, "its mask"), "bird (4) in its mask", id="class on a mask"),
        pytest.param(InMask(np.tri(8)), "the class that wins in the mask", id="mask"),
        pytest.param(Negative(InBox((0, 0, 4, 4), 1)), "not road (1) in 0,0,4,4", id="not in a box"),
    ],
)
def test_a_region_of_a_fixed_size(write_model: Write, target: object, name: str) -> None:
    exported = Exported.of(write(write_model, "(N, H, W, C)"), target, labels=NAMES)
    assert (exported.names, exported.inputs) == (name, ["x"])
    classes = exported.check(pictures(8, 8))
    assert (len(set(classes)) > 1) == ("that wins" in name)


def test_the_class_that_wins_in_a_region_has_the_highest_sum_there(write_model: Write) -> None:
    """Not the one that wins at most of its places."""
    exported = Exported.of(write(write_model), AtPosition((5, 3)))
    x = pictures(8, 8)
    np.testing.assert_array_equal(exported.check(x), exported.run(x)["y"][:, :, 1, 2].argmax(1))
    box = Exported.of(exported.model, InBox((0, 0, 8, 4)))
    np.testing.assert_array_equal(box.check(x), box.run(x)["y"][:, :, :2].sum((2, 3)).argmax(1))


@pytest.mark.parametrize("layout", ["(N, C, P)", "(N, P, C)"])
def test_a_place_by_its_number(write_model: Write, layout: str) -> None:
    exported = Exported.of(write(write_model, layout), "at 7")
    assert exported.names == "the class that wins at 7"
    exported.check(pictures(8, 8))


@pytest.mark.parametrize("target", ["at 5,3", "2 in 0,0,4,4", InMask(np.ones((8, 8)))], ids=["point", "box", "mask"])
def test_a_region_of_an_open_size_is_refused(write_model: Write, target: object) -> None:
    model = write(write_model, is_open=True)
    with pytest.raises(onnxcam.InputError, match="can only be exported for a model whose input has a fixed size"):
        Exported.of(model, target)


@pytest.mark.parametrize(
    "target", [None, Several((InBox((2, 0, 8, 5)), TopClasses(2)))], ids=["predicted", "box and top2"]
)
def test_scaled_maps_and_doubles(write_model: Write, target: object) -> None:
    tail = "last = Transpose <perm = [0, 2, 3, 1]> (curve)\n y = MatMul(last, v)"
    model = write_scores(write_model, tail, "N, 4, 4, 5", stride=2, dtype=np.float64, v=V[:, :, 0, 0].T)
    Exported.of(model, target, raw=False).check(pictures(8, 8))


def test_half_precision(write_model: Write) -> None:
    exported = Exported.of(write(write_model, dtype=np.float16))
    exported.check_chosen(pictures(8, 8).astype(np.float16), [2, -1, 4, C, 0], C, close=1e-2)
