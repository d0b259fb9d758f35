"""Demands against rows: means, shares of pictures, classes, a baseline."""

from __future__ import annotations

import math
from typing import Any

import pytest

from onnxcam.checking import parse_demand
from onnxcam.checking.findings import Finding, find, gather
from onnxcam.errors import InputError

VALUES = [0.1, 0.4, 0.6, 0.9, None]
ROWS: list[dict[str, Any]] = [
    {
        "key": f"{number}.png",
        "label": "cat" if number < 2 else "dog",
        "predicted": "cat",
        "is_correct": number < 2,
        "is_empty": number == 4,
        "figure": value,
        "error": None,
    }
    for number, value in enumerate(VALUES)
]
BROKEN = {**dict.fromkeys(ROWS[0]), "key": "broken.png", "label": "dog", "error": "it cannot be read."}


def found(text: str, rows: list[dict[str, Any]] = ROWS, baseline: dict[str, Any] | None = None) -> list[Finding]:
    demand = parse_demand(text)
    return find("run", demand, gather(rows, [demand.figure]), baseline)


@pytest.mark.parametrize(
    ("text", "value", "is_passed"),
    [
        pytest.param("figure >= 0.5", 0.5, True, id="mean of what is defined"),
        pytest.param("figure > 0.5", 0.5, False, id="strictly"),
        pytest.param("accuracy >= 0.4", 0.4, True, id="share of right ones"),
        pytest.param("empty <= 0.1", 0.2, False, id="share of empty maps"),
        pytest.param("figure >= 0.4 on 60 %", 60, True, id="what is not defined is not as demanded"),
        pytest.param("figure >= 0.4 on 61 %", 60, False, id="share too small"),
        pytest.param("figure <= 0.4 on 40 %", 40, True, id="at most"),
        pytest.param("figure >= 0.2 for class cat", 0.25, True, id="one class"),
        pytest.param("figure >= 0.6 on 60 % for class dog", 200 / 3, True, id="a share of a class"),
    ],
)
def test_a_demand_is_held_against_rows(text: str, value: float, is_passed: bool) -> None:
    (one,) = found(text)
    assert one.value == pytest.approx(value)
    assert one.is_passed is is_passed


def test_each_class_is_a_finding() -> None:
    cat, dog = found("figure >= 0.5 for each class")
    assert (cat.class_name, cat.value, cat.is_passed) == ("cat", pytest.approx(0.25), False)
    assert (dog.class_name, dog.value, dog.is_passed) == ("dog", pytest.approx(0.75), True)
    assert "of class 'cat' is 0.25, demanded is >= 0.5" in cat.message


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        pytest.param("figure >= 0.5 on 90 %", ("4.png", "0.png", "1.png"), id="high is good"),
        pytest.param("figure <= 0.5 on 90 %", ("4.png", "3.png", "2.png"), id="low is good"),
        pytest.param("figure >= 0.7", ("0.png", "1.png", "2.png"), id="those that pull a mean down"),
        pytest.param("figure <= 0.2", ("3.png", "2.png", "1.png"), id="those that pull a mean up"),
        pytest.param("figure >= 0.4", (), id="a mean that is as demanded"),
        pytest.param("accuracy >= 0.9", ("2.png", "3.png", "4.png"), id="those that are wrong"),
    ],
)
def test_examples_are_the_worst_first(text: str, keys: tuple[str, ...]) -> None:
    (one,) = found(text)
    assert one.examples == keys


def test_pictures_that_failed_count_for_themselves_alone() -> None:
    (one,) = found("failed <= 0", [*ROWS, BROKEN])
    assert (one.value, one.is_passed, one.examples) == (1, False, ("broken.png",))
    (figure,) = found("figure >= 0.5", [*ROWS, BROKEN])
    assert figure.value == pytest.approx(0.5)


def test_what_is_defined_for_no_picture_is_missed() -> None:
    (one,) = found("figure >= -1", [{**ROWS[0], "figure": None}])
    assert (one.value, one.is_passed) == (None, False)
    assert "is not defined for any picture" in one.message


def test_a_baseline_moves_the_bound() -> None:
    baseline = {"run": {"overall": {"figure": 0.52}, "classes": {"cat": {"figure": 0.2}}}}
    (one,) = found("figure >= baseline - 0.03", baseline=baseline)
    assert (one.wanted, one.is_passed) == (pytest.approx(0.49), True)
    (one,) = found("figure >= baseline", baseline=baseline)
    assert one.is_passed is False
    (one,) = found("figure >= baseline for class cat", baseline=baseline)
    assert one.is_passed is True


@pytest.mark.parametrize(
    ("text", "baseline", "message"),
    [
        pytest.param("figure >= 1 for class cow", None, "no picture is of class 'cow'", id="no such class"),
        pytest.param("figure >= baseline", None, "relative to a baseline, and there is none", id="no baseline"),
        pytest.param("figure >= baseline", {}, "the baseline has no figure of 'run'", id="not in the baseline"),
        pytest.param(
            "figure >= baseline for class dog",
            {"run": {"overall": {"figure": 1}, "classes": {}}},
            "the baseline has no figure for class 'dog' of 'run'",
            id="class not in the baseline",
        ),
    ],
)
def test_what_cannot_be_told_is_an_error(text: str, baseline: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        found(text, baseline=baseline)


def test_drift_is_without_its_sign() -> None:
    rows = [{**ROWS[0], "is_same": True, "drift": drift} for drift in (-0.2, 0.2)]
    (one,) = found("drift <= 0.1", rows)
    assert one.value == pytest.approx(0.2)
    assert not math.isnan(one.wanted)
