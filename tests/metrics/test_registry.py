"""Metrics are found by name, and a wrong name gets a hint."""

from __future__ import annotations

from typing import Any

import pytest

from onnxcam.errors import InputError
from onnxcam.metrics import METRICS, Metric, Subject, find_metrics, metric
from onnxcam.metrics.registry import Figures
from tests.metrics.cases import A


def total(subject: Subject) -> float:
    """The map's sum.

    Nothing more.

    Source: nobody,
    nowhere.

    And nothing else.
    """
    return float(subject.map.sum())


def test_it_is_stored_and_returned_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(METRICS, "total", find_metrics(["entropy"])[0])
    del METRICS["total"]
    assert metric("total", family="shape", unit="one", needs=("tensor",))(total) is total
    assert METRICS["total"] == Metric("total", "shape", "one", None, ("tensor",), total)
    assert (METRICS["total"].definition, METRICS["total"].source) == ("The map's sum.", "nobody, nowhere.")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        pytest.param("entropy", {}, "metric 'entropy' is registered twice", id="name taken"),
        pytest.param("total", {"needs": ("box",)}, r"metric 'total' needs \['box'\]", id="unknown need"),
        pytest.param("total", {"family": "form"}, "metric 'total' is of the family 'form'", id="unknown family"),
    ],
)
def test_it_is_registered_once_with_a_family_and_needs_that_there_are(
    name: str, options: dict[str, Any], message: str
) -> None:
    before = dict(METRICS)
    with pytest.raises(ValueError, match=message):
        metric(name, **{"family": "shape", "unit": "one"} | options)(total)
    assert before == METRICS


def test_it_is_found_by_name_in_the_order_asked_for_and_once() -> None:
    assert [one.name for one in find_metrics(["road", "entropy", "road"])] == ["road", "entropy"]
    assert set(find_metrics()) == set(METRICS.values())
    families = [one.family for one in find_metrics()]
    assert list(dict.fromkeys(families)) == ["localisation", "faithfulness", "shape"]
    assert families == sorted(families, key=["localisation", "faithfulness", "shape"].index)
    assert all(name == one.name for name, one in METRICS.items())


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("pointing game", r"unknown metric 'pointing game'\. Did you mean 'pointing-game'", id="near"),
        pytest.param("zzz", r"unknown metric 'zzz'\. Known: adcc, average-drop", id="far"),
    ],
)
def test_an_unknown_name_is_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        find_metrics([name])
    assert caught.value.metric == name


@pytest.mark.parametrize(
    ("function", "figure"),
    [
        pytest.param(total, 2.75, id="one figure"),
        pytest.param(lambda subject: {"a": 1.0, "total": 2.0}, 2.0, id="several"),
    ],
)
def test_it_takes_its_figure_of_one_or_several(function: Figures, figure: float) -> None:
    one = Metric("total", "shape", "one", None, (), function)
    assert one.figure(function(Subject(A))) == figure
