from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from onnxcam.errors import InputError
from onnxcam.targets import Cotangent, PredictedClass, parse_target, resolve_target

LOGITS = np.array([[1.0, 3.0, 2.0], [5.0, 0.0, -1.0]], np.float32)
LABELS = ("tabby, tabby cat", "dog", "Egyptian cat")


@pytest.mark.parametrize(
    ("target", "classes"),
    [
        (None, [1, 0]),
        (2, [2, 2]),
        (np.int64(2), [2, 2]),
        ([2, 1], [2, 1]),
        (np.array([2, 1]), [2, 1]),
        ("dog", [1, 1]),
        ("DOG", [1, 1]),
        ("tabby cat", [0, 0]),
        (["dog", 0], [1, 0]),
    ],
    ids=["predicted", "index", "numpy index", "list", "array", "label", "case", "synonym", "mixed"],
)
def test_a_short_form_becomes_classes_and_a_one_hot_cotangent(target: object, classes: list[int]) -> None:
    resolved = resolve_target(target, LABELS)
    assert resolved.class_index(LOGITS).tolist() == classes
    np.testing.assert_array_equal(resolved.cotangent(LOGITS), np.eye(3, dtype=np.float32)[classes])


def test_a_function_gives_the_cotangent() -> None:
    def contrast(logits: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.broadcast_to(np.array([1, -1, 0], np.float32), logits.shape)

    resolved = resolve_target(contrast)
    np.testing.assert_array_equal(resolved.cotangent(LOGITS), [[1, -1, 0], [1, -1, 0]])
    assert resolved.class_index(LOGITS).tolist() == [-1, -1]


def test_positions_are_summed_for_the_class_and_all_get_a_cotangent() -> None:
    logits = np.zeros((1, 2, 2, 2), np.float32)
    logits[0, 1] = [[9, -1], [-1, -1]]
    resolved = resolve_target(None)
    assert resolved.class_index(logits).tolist() == [1]
    np.testing.assert_array_equal(resolved.cotangent(logits)[0], [np.zeros((2, 2)), np.ones((2, 2))])


def test_a_score_tensor_of_rank_one_is_one_sample() -> None:
    np.testing.assert_array_equal(resolve_target(None).cotangent(LOGITS[0]), [0, 1, 0])


@pytest.mark.parametrize(
    ("target", "labels", "message"),
    [
        (3, None, "no class 3: the score tensor has 3 classes, 0 to 2"),
        (-1, None, "no class -1"),
        ([0, 1, 2], None, "3 target classes for 2 inputs"),
        ("dgo", LABELS, "no class is called 'dgo'. Did you mean 'dog'"),
        ("dog", None, "the model names no classes"),
        ("cat", ("cat", "cat"), r"the label 'cat' names classes \[0, 1\]. Give the index"),
        (lambda logits: logits[:1], None, r"the cotangent is float32 of shape \(1, 3\)"),
        (1.5, None, "1.5 is no target"),
        (True, None, "True is no target"),
        ([1.5, 2], None, "1.5 is no target"),
        ([], None, r"\[\] is no target"),
    ],
    ids=[
        "too large",
        "negative",
        "count",
        "unknown",
        "no names",
        "twice",
        "shape",
        "float",
        "bool",
        "in a list",
        "empty",
    ],
)
def test_a_target_that_does_not_fit_is_refused(target: object, labels: tuple[str, ...] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        resolve_target(target, labels).cotangent(LOGITS)


@pytest.mark.parametrize(
    ("text", "target"),
    [("predicted", None), ("12", 12), ("-1", -1), ("tabby", "tabby")],
    ids=["none", "index", "sign", "label"],
)
def test_what_a_user_writes(text: str, target: object) -> None:
    assert parse_target(text) == target


def test_positions_are_summed_beyond_what_half_precision_holds() -> None:
    logits = np.broadcast_to(np.array([5, 6], dtype=np.float16).reshape(1, 2, 1, 1), (1, 2, 300, 300))
    assert PredictedClass().class_index(logits).tolist() == [1]


def test_a_cotangent_keeps_what_half_precision_would_lose() -> None:
    found = Cotangent(np.full((1, 2), 1e-9)).cotangent(np.zeros((1, 2), dtype=np.float16))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 1e-9)
