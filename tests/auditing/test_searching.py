"""Clusters of the maps of a data set, from its rows and back into them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import onnxcam
from onnxcam.auditing import summarize_shortcuts
from onnxcam.auditing.columns import SEARCHED
from onnxcam.auditing.searching import search
from onnxcam.shortcuts import find_clusters

pytest.importorskip("sklearn", reason="clusters of maps need scikit-learn, of onnxcam[audit]")

Grid = NDArray[np.uint8]


def spots(count: int, seed: int, *, row: float = 8, column: float = 8, jitter: float = 2.0) -> list[Grid]:
    """Grids with a warm spot about a place."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:16, :16]
    places = rng.normal((row, column), jitter, (count, 2))
    maps = [np.exp(-((y - r) ** 2 + (x - c) ** 2) / 8) + 0.03 * rng.random((16, 16)) for r, c in places]
    return [np.rint(255 * one / one.max()).astype(np.uint8) for one in maps]


def row(key: str, label: str | None, grid: Grid | None, error: str | None = None) -> dict[str, Any]:
    cells = None if grid is None else grid.ravel().tolist()
    named = {"key": key, "label": label, "predicted": "seen", "predicted_index": 0, "grid": cells, "error": error}
    return {**named, **dict.fromkeys(SEARCHED)}


def rows_of(**classes: Iterable[Grid]) -> list[dict[str, Any]]:
    """Of each class, in turns, so that no class lies in one piece."""
    rows = [row(f"{name}/{number:04}", name, grid) for name, of in classes.items() for number, grid in enumerate(of)]
    return sorted(rows, key=lambda one: one["key"][::-1])


def searched(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(search(lambda: iter(rows)))


TAGGED = spots(30, 1, row=1, column=14, jitter=0.2)


def share(rows: list[dict[str, Any]], where: NDArray[np.bool_]) -> float:
    mean = np.mean([np.reshape(one["grid"], (16, 16)) for one in rows], axis=0)
    return float(mean[where].sum() / mean.sum())


def test_a_part_of_a_class_that_looks_at_a_corner_is_a_cluster_with_an_excess() -> None:
    found = searched(rows_of(cat=spots(120, 0) + TAGGED, dog=spots(150, 2)))
    tagged = [one for one in found if one["label"] == "cat" and int(one["key"][4:]) >= 120]
    (number,) = {one["cluster"] for one in tagged}
    assert [one["key"] for one in found if one["label"] == "cat" and one["cluster"] == number] == [
        one["key"] for one in tagged
    ]
    others = [one for one in found if one not in tagged]
    corner, frame = np.zeros((16, 16), bool), np.ones((16, 16), bool)
    corner[:4, 12:], frame[2:14, 2:14] = True, False
    for name, where in (("corner-excess", corner), ("border-excess", frame)):
        assert [one[name] for one in tagged] == pytest.approx([share(tagged, where) - share(others, where)] * 30)
    assert tagged[0]["corner-excess"] > 0.5
    assert max(one["corner-excess"] for one in others) < 0.1


def test_a_class_that_looks_at_a_corner_throughout_is_held_against_the_other_classes() -> None:
    found = searched(rows_of(cat=TAGGED, dog=spots(60, 2)))
    cats = [one for one in found if one["label"] == "cat"]
    assert {one["cluster"] for one in cats} == {0}
    assert min(one["corner-excess"] for one in cats) > 0.5
    alone = searched(rows_of(cat=TAGGED))
    assert {(one["cluster"], one["border-excess"], one["corner-excess"]) for one in alone} == {(0, 0.0, 0.0)}


def test_clusters_are_those_of_each_class_on_its_own() -> None:
    maps = spots(120, 0) + TAGGED
    rows = rows_of(cat=maps, dog=spots(50, 2))
    found = [one for one in searched(rows) if one["label"] == "cat"]
    places = [int(one["key"][4:]) for one in found]
    alone = find_clusters(np.stack(maps)[places].astype(np.float32) / 255)
    assert [one["cluster"] for one in found] == alone.labels.tolist()
    assert [one["loneliness"] for one in found] == pytest.approx(alone.outliers.tolist(), abs=1e-6)


def test_what_cannot_be_searched_has_no_cluster() -> None:
    rows = rows_of(cat=[*spots(25, 0), np.zeros((16, 16), np.uint8)], dog=spots(19, 2))
    rows += [row("broken", "cat", None, "it cannot be read."), row("sound", "cat", None)]
    found = searched(rows)
    unknown = [one for one in found if one["cluster"] is None]
    assert len(unknown) == 1 + 19 + 2
    assert all(one[name] is None for one in unknown for name in SEARCHED)
    assert {one["label"] for one in found if one["cluster"] is not None} == {"cat"}
    assert [list(one) for one in found] == [list(one) for one in rows]
    assert [one["key"] for one in found] == [one["key"] for one in rows]
    assert summarize_shortcuts(found).notes == ("no clusters were searched in classes of fewer than 20 maps: dog",)


def test_searching_again_changes_nothing_and_rows_stay_plain() -> None:
    found = searched(rows_of(cat=spots(120, 0) + TAGGED, dog=spots(50, 2)))
    assert searched(found) == found
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_of_very_many_maps_some_are_searched_and_the_others_join_them(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = rows_of(cat=spots(120, 0) + spots(60, 1, row=1, column=14, jitter=0.2), dog=spots(50, 2))
    monkeypatch.setattr("onnxcam.auditing.searching.MOST", 90)
    cats = [one for one in searched(rows) if one["label"] == "cat"]
    assert sum(one["loneliness"] is None for one in cats) == 90
    tagged = [one for one in cats if int(one["key"][4:]) >= 120]
    assert 20 < sum(one["loneliness"] is None for one in tagged) < 40
    (number,) = {one["cluster"] for one in tagged}
    assert sum(one["cluster"] == number for one in cats) == 60
    assert len({one["corner-excess"] for one in tagged}) == 1
    assert tagged[0]["corner-excess"] > 0.5


def test_the_most_suspicious_cluster_comes_first_with_its_middle() -> None:
    maps = spots(120, 0) + TAGGED
    found = searched(rows_of(cat=maps, dog=spots(150, 2)))
    summary = summarize_shortcuts(found)
    first = summary.clusters[0]
    assert (first.class_name, first.size, first.of, first.share) == ("cat", 30, 150, 0.2)
    assert [one.is_suspicious for one in summary.clusters] == [True] + [False] * (len(summary.clusters) - 1)
    assert summary.suspicious == (first,)
    members = np.stack(TAGGED).reshape(30, -1).astype(float)
    np.testing.assert_allclose(np.ravel(first.mean), members.mean(axis=0) / 255, atol=1e-4)
    members /= np.linalg.norm(members, axis=1, keepdims=True)
    nearest = np.linalg.norm(members - members.mean(axis=0), axis=1).argsort()[:9]
    assert first.keys == tuple(f"cat/{120 + place:04}" for place in nearest)
    excesses = [max(one.border_excess, one.corner_excess) for one in summary.clusters]
    assert excesses == sorted(excesses, reverse=True)
    assert sum(one.size for one in summary.clusters) == 300
    assert summary.notes == ()


def test_the_loneliest_maps_are_listed_with_their_class() -> None:
    odd = np.zeros((16, 16), np.uint8)
    odd[15, :] = 255
    found = searched(rows_of(cat=spots(60, 0), dog=[*spots(60, 2), odd]))
    listed = summarize_shortcuts(found).outliers
    assert (listed[0].key, listed[0].class_name) == ("dog/0060", "dog")
    assert len(listed) == 20
    known = sorted((one["loneliness"] for one in found), reverse=True)
    assert [one.loneliness for one in listed] == known[:20]


def test_rows_that_were_never_searched_say_what_to_install() -> None:
    summary = summarize_shortcuts(rows_of(cat=spots(25, 0)))
    assert summary.clusters == summary.outliers == ()
    assert 'pip install "onnxcam[audit]", and start anew with --force' in summary.notes[0]
    assert summarize_shortcuts(rows_of(cat=spots(3, 0), dog=spots(4, 0))).notes == (
        "no class has 20 maps, which it takes to search for clusters of them",
    )
    assert summarize_shortcuts([]).notes == ()


def test_it_says_what_to_install_without_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(onnxcam.InputError, match=r'pip install "onnxcam\[audit\]"'):
        searched(rows_of(cat=spots(25, 0)))
