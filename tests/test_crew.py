"""Work side by side: results in order, errors in their turn, and nothing begun that nobody takes."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Iterator

import pytest

from onnxcam.crew import crew, in_order


def test_a_crew_takes_every_core_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for cores, expected in ((1, (1, 1)), (2, (2, 1)), (4, (4, 1)), (16, (4, 4)), (None, (1, 1))):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert crew() == expected


def test_results_come_in_order_whoever_is_first() -> None:
    pauses = [0.05, 0, 0.02, 0, 0.01]

    def work(place: int) -> int:
        time.sleep(pauses[place])
        return place

    assert list(in_order(work, range(5), 3)) == [0, 1, 2, 3, 4]


def test_so_many_work_at_once_and_no_more_is_taken_than_one_ahead() -> None:
    both, taken = threading.Barrier(2, timeout=10), itertools.count()
    results = in_order(lambda _: both.wait() >= 0, (next(taken) for _ in range(8)), 2)
    assert next(results)
    assert next(taken) == 3  # two that worked, and one that waits
    assert all(results)


def test_an_error_is_raised_in_its_turn_and_nothing_after_it_begins() -> None:
    begun = []

    def work(place: int) -> int:
        begun.append(place)
        if place == 1:
            raise ValueError("one")
        return place

    results = in_order(work, range(100), 1)
    assert next(results) == 0
    with pytest.raises(ValueError, match="one"):
        next(results)
    assert len(begun) < 5


def test_closed_early_it_waits_for_those_that_have_begun() -> None:
    finished = []

    def work(place: int) -> int:
        time.sleep(0.02)
        finished.append(place)
        return place

    with contextlib.closing(in_order(work, range(100), 2)) as results:
        next(results)
    count = len(finished)
    time.sleep(0.1)
    assert len(finished) == count < 6


def test_interrupted_it_tells_the_calls_that_have_begun() -> None:
    stopped, begun = threading.Event(), threading.Event()

    def work(_: int) -> bool:
        begun.set()
        return stopped.wait(20)

    def given() -> Iterator[int]:
        yield 0
        begun.wait(10)
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        next(in_order(work, given(), 1, stopped))
    assert time.monotonic() - started < 10
