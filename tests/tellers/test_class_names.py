"""Names of the classes are used where their number is the model's; others give a note."""

from __future__ import annotations

import json
from typing import Any

import pytest

from onnxcam.errors import InputError
from onnxcam.tellers.class_names import class_counts
from tests.tellers.conftest import PLAIN, Ask

SEVEN = [f"class {i}" for i in range(7)]


@pytest.mark.parametrize(
    ("name", "text"),
    [("labels.txt", "\n".join(SEVEN)), ("classes.txt", "\n".join(SEVEN) + "\n"), ("labels.json", json.dumps(SEVEN))],
    ids=["labels.txt", "classes.txt", "labels.json"],
)
def test_a_file_beside_the_model(ask: Ask, name: str, text: str) -> None:
    found = ask(files={name: text})
    assert (found.labels, found.labels_source, found.notes) == (tuple(SEVEN), f"{name} beside the model", ())


def test_a_wrong_number_is_a_note(ask: Ask) -> None:
    found = ask(files={"labels.txt": "cat\ndog\n", "classes.txt": ""})
    assert found.labels is None
    assert found.notes == (
        "'labels.txt' beside the model is not used: it has 2 names, the model has 7 classes",
        "'classes.txt' beside the model is not used: it is empty. Write one class name a line",
    )


def test_an_uncounted_model_takes_no_file(ask: Ask) -> None:
    text = PLAIN.replace("[N, 7]", "[N, M]").replace("Gemm(f, w)", "Gemm(f, v)").replace("x)", "x, float[3, M] v)", 1)
    assert "the model's are not counted" in ask(text, files={"labels.txt": "a"}).notes[0]


@pytest.mark.parametrize(
    ("metadata", "labels", "source"),
    [
        ({"names": str(SEVEN)}, tuple(SEVEN), "the model"),
        ({"names": "cat,dog"}, None, None),
        ({"names": "{99999999999: 'a'}"}, None, None),
        ({"names": "[" * 10_000}, None, None),
    ],
    ids=["seven", "two", "far", "deep"],
)
def test_metadata(ask: Ask, metadata: dict[str, str], labels: tuple[str, ...] | None, source: str | None) -> None:
    found = ask(metadata=metadata)
    assert (found.labels, found.labels_source) == (labels, source)
    assert bool(found.notes) == (labels is None)


def test_the_model_comes_before_its_neighbours_and_the_user_before_both(ask: Ask) -> None:
    given: dict[str, Any] = {"metadata": {"names": str(SEVEN)}, "files": {"labels.txt": "\n".join("abcdefg")}}
    assert ask(**given).labels == tuple(SEVEN)
    found = ask(**given, labels=["x"])
    assert (found.labels, found.labels_source) == (("x",), "what was given")
    with pytest.raises(InputError, match=r"labels file 'none\.txt' cannot be read"):
        ask(labels="none.txt")


@pytest.mark.parametrize(
    ("scores", "counts"),
    [
        ((None, 7), {7}),
        ((None, None), set()),
        ((), set()),
        ((1, 84, 8400), {84, 80, 79, 8400, 8396, 8395}),
        ((1, 3549, 85), {85, 81, 80, 3549, 3545, 3544}),
        ((1, 21, 65, 65), {21, 65}),
        ((1, 1000, 1, 1), {1000, 1}),
    ],
    ids=str,
)
def test_counts(scores: tuple[int | None, ...], counts: set[int]) -> None:
    assert class_counts(scores) == counts
