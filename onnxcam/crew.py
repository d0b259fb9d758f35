"""Work on several batches at once: each on few threads, all of them on every core."""

from __future__ import annotations

import concurrent.futures
import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

__all__ = ["crew", "in_order"]

MOST = 4
"""Batches that are worked on at once, at most."""
Given = TypeVar("Given")
Made = TypeVar("Made")


def crew() -> tuple[int, int]:
    """How many batches are worked on at once, and the threads that each may have.

    A batch on one thread waits for no other thread: on two cores, two at once take less time than one after the other
    on both. More than four would hold more memory than they save time.
    """
    cores = os.cpu_count() or 1
    workers = min(cores, MOST)
    return workers, max(1, cores // workers)


def in_order(
    work: Callable[[Given], Made], given: Iterable[Given], workers: int, stopped: threading.Event | None = None
) -> Generator[Made, None, None]:
    """What `work` makes of each that is given, in their order; so many threads work at once, and one more waits.

    What a call raises is raised when its turn comes. Closed or interrupted before its end, it sets `stopped`, which a
    long call looks at, waits for the calls that have begun, and begins no other.
    """
    waiting: deque[concurrent.futures.Future[Made]] = deque()
    with concurrent.futures.ThreadPoolExecutor(workers, thread_name_prefix="crew") as pool:
        try:
            for one in given:
                waiting.append(pool.submit(work, one))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            if stopped is not None:
                stopped.set()
            for future in waiting:
                future.cancel()
