"""Targets that name classes, by their cotangents and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.targets import Aim, Contrast, Scores, Several, TopClasses, resolve_target

Array = NDArray[Any]
LOGITS = np.array([[1.0, 3.0, 2.0], [5.0, 0.0, -1.0]], np.float32)
LABELS = ("tabby, tabby cat", "dog", "Egyptian cat")


def aims(
    target: object, logits: Array = LOGITS, labels: tuple[str, ...] | None = LABELS, **more: Any
) -> tuple[Aim, ...]:
    return resolve_target(target, labels).aims(Scores(logits, labels=labels, **more))


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (None, [1, 0]),
        ("predicted", [1, 0]),
        (2, [2, 2]),
        (np.int64(2), [2, 2]),
        ("2", [2, 2]),
        ([2, 1], [2, 1]),
        (np.array([2, 1]), [2, 1]),
        ("dog", [1, 1]),
        ("DOG", [1, 1]),
        ("tabby cat", [0, 0]),
        (["dog", 0], [1, 0]),
    ],
    ids=[
        "predicted",
        "by word",
        "index",
        "numpy index",
        "digits",
        "list",
        "array",
        "label",
        "case",
        "synonym",
        "mixed",
    ],
)
def test_a_short_form_becomes_classes_and_a_one_hot_cotangent(target: object, classes: list[int]) -> None:
    (aim,) = aims(target)
    assert aim.class_index.tolist() == classes
    np.testing.assert_array_equal(aim.cotangent, np.eye(3, dtype=np.float32)[classes])
    assert aim.names == tuple(f"{LABELS[c]} ({c})" for c in classes)


def test_classes_without_names_are_told_by_index() -> None:
    assert aims(2, labels=None)[0].names == ("class 2", "class 2")


def test_a_score_tensor_of_rank_one_is_one_sample() -> None:
    (aim,) = aims(None, LOGITS[0])
    np.testing.assert_array_equal(aim.cotangent, [0, 1, 0])


@pytest.mark.parametrize("axis", [1, 2, 3], ids="classes on axis {}".format)
def test_the_class_axis_is_the_plans(axis: int) -> None:
    logits = np.moveaxis(np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2), 1, axis)
    positions = tuple(a for a in (1, 2, 3) if a != axis)
    (aim,) = aims(1, logits, class_axis=axis, positions=positions)
    np.testing.assert_array_equal(np.moveaxis(aim.cotangent, axis, 1)[:, 1], np.ones((2, 2, 2)))
    assert aim.cotangent.sum() == 8


def test_the_best_classes_come_in_order_a_map_each() -> None:
    found = aims("top2")
    assert [aim.class_index.tolist() for aim in found] == [[1, 0], [2, 1]]
    assert TopClasses(2).count == 2
    assert len(aims("top5")) == 3


def test_of_equal_scores_the_first_is_the_better() -> None:
    """As for the predicted class; quantised models give many."""
    equal = np.array([[2.0, 3.0, 3.0, 2.0]], np.float32)
    assert [aim.class_index.tolist() for aim in aims("top4", equal, None)] == [[1], [2], [0], [3]]


def test_every_predicted_class_of_a_multi_label_model_has_a_map() -> None:
    logits = np.array([[1.0, 3.0, -2.0], [-5.0, -4.0, -1.0]], np.float32)
    first, second = aims("every", logits, before=("Sigmoid",))
    assert (first.class_index.tolist(), first.is_for.tolist()) == ([1, 2], [True, True])
    assert (second.class_index[0], second.is_for.tolist()) == (0, [True, False])
    (only,) = aims("every", np.array([[0.2, 0.9, 0.1], [0.3, 0.2, 0.6]], np.float32))
    assert only.class_index.tolist() == [1, 2]
    with pytest.raises(InputError, match="does not predict several classes at once"):
        aims("every", before=("Softmax",))


def test_several_targets_give_their_aims_in_turn() -> None:
    several = Several((resolve_target("dog", LABELS), TopClasses(2)))
    assert several.count == 3
    assert [a.class_index.tolist() for a in several.aims(Scores(LOGITS))] == [[1, 1], [1, 0], [2, 1]]


@pytest.mark.parametrize("text", ["tabby vs dog", "0 vs 1", "tabby cat vs DOG"], ids=str)
def test_a_contrast_is_the_difference_of_two_scores(text: str) -> None:
    (aim,) = aims(text, labels=("tabby, tabby cat", "dog", "fox"))
    np.testing.assert_array_equal(aim.cotangent, [[1, -1, 0]] * 2)
    assert aim.class_index.tolist() == [0, 0]
    assert " vs " in aim.names[0]


def test_what_speaks_against_a_class_has_the_other_sign() -> None:
    (aim,) = aims("not dog")
    np.testing.assert_array_equal(aim.cotangent, [[0, -1, 0]] * 2)
    assert aim.names[0] == "not dog (1)"


def test_a_name_wins_over_a_spelling() -> None:
    assert aims("top5", labels=("a", "top5", "b"))[0].class_index.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("target", "before", "signs", "names"),
    [
        (None, (), [1, 1], ("the score", "the score")),
        (None, ("Sigmoid",), [1, -1], ("positive", "negative")),
        ("positive", ("Sigmoid",), [1, 1], ("positive", "positive")),
        ("negative", (), [-1, -1], ("negative", "negative")),
        (0, (), [1, 1], ("the score", "the score")),
    ],
    ids=["regression", "decision", "positive", "negative", "by index"],
)
def test_a_single_score_is_no_class(
    target: object, before: tuple[str, ...], signs: list[int], names: tuple[str, ...]
) -> None:
    (aim,) = aims(target, np.array([[2.0], [-3.0]], np.float32), None, before=before)
    assert (aim.class_index.tolist(), aim.names) == ([-1, -1], names)
    np.testing.assert_array_equal(aim.cotangent[:, 0], signs)


def test_a_decision_between_two_names_is_named() -> None:
    (aim,) = aims(None, np.array([[2.0], [-3.0]], np.float32), ("cat", "dog"), before=("Sigmoid",))
    assert (aim.class_index.tolist(), aim.names) == ([1, 0], ("dog (1)", "cat (0)"))


def test_a_function_gives_the_cotangent() -> None:
    (aim,) = aims(lambda logits: np.broadcast_to(np.array([1, -1, 0], np.float32), logits.shape))
    np.testing.assert_array_equal(aim.cotangent, [[1, -1, 0]] * 2)
    assert aim.class_index.tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("target", "labels", "message"),
    [
        (3, None, "no class 3: the score tensor has 3 classes, 0 to 2"),
        (-1, None, "no class -1"),
        (Contrast(0, 9), None, "no class 9"),
        ([0, 1, 2], None, "3 target classes for 2 inputs"),
        ("dgo", LABELS, "no class is called 'dgo'. Did you mean 'dog'"),
        ("dog vs dgo", LABELS, "no class is called 'dgo'"),
        ("dog", None, "the model names no classes"),
        ("cat", ("cat", "cat", "dog"), r"the label 'cat' names classes \[0, 1\]. Give the index"),
        (lambda logits: logits[:1], None, r"the cotangent is float32 of shape \(1, 3\)"),
        (1.5, None, "1.5 is no target"),
        (True, None, "True is no target"),
        ([1.5, 2], None, "1.5 is no target"),
        ([], None, r"\[\] is no target"),
        ("positive", None, "for a single score; this model has 3 classes"),
        ("at 1,2", None, "no position at 1,2: the score tensor has no positions"),
        ("in 1,2,3,4", None, "not a picture's two"),
    ],
    ids=[
        *("too large", "negative", "contrast", "count", "unknown", "unknown contrast", "no names", "twice", "shape"),
        *("float", "bool", "list of floats", "empty", "sign", "point", "box"),
    ],
)
def test_what_fits_no_model_says_so(target: object, labels: tuple[str, ...] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        aims(target, labels=labels)
