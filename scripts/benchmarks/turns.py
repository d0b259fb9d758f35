"""Run times side by side: each side in a process of its own, in turns of a few runs, on the same input."""

from __future__ import annotations

import dataclasses
import multiprocessing
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Job", "Run", "Turns", "take_turns"]

RUNS = 5  # timed in each turn, after one that is not: all sides find their weights where a busy process has them
PAUSE = 0.2  # seconds: the threads of the side that just ran have stopped spinning by then

Run = Callable[[NDArray[np.float32]], object]


@dataclasses.dataclass(frozen=True)
class Job:
    """What is run.

    Attributes:
        path: The model's file.
        provider: The execution provider.
        batch: Pictures at once.
        side: Their height and width.
        layer: The layer of sides that are told one.
        name: The network's name, for sides that build it anew.
    """

    path: Path
    provider: str
    batch: int
    side: int = 224
    layer: str = ""
    name: str = ""

    def pictures(self) -> NDArray[np.float32]:
        """Random ones, `(batch, 3, side, side)`, the same at each call."""
        shape = (self.batch, 3, self.side, self.side)
        return np.random.default_rng(1).standard_normal(shape).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Turns:
    """What the sides took, in their order.

    Attributes:
        times: Milliseconds a run, of each turn.
        peaks: Peak memory of their processes, MB.
        results: What each one's first run gave, as a picklable value; None where that was not asked for.
    """

    times: tuple[list[float], ...]
    peaks: tuple[float, ...]
    results: tuple[Any, ...]

    @property
    def medians(self) -> tuple[float, ...]:
        """Milliseconds a run."""
        return tuple(statistics.median(own) for own in self.times)

    def quartiles(self, side: int = 1, over: int = 0) -> tuple[float, float, float]:
        """Of one side's time over another's, pair by pair."""
        pairs = zip(self.times[over], self.times[side], strict=True)
        low, middle, high = statistics.quantiles([b / a for a, b in pairs], n=4)
        return low, middle, high


def take_turns(sides: Sequence[Callable[[Job], Run]], job: Job, rounds: int, *, keeps_results: bool = False) -> Turns:
    """All sides in turn, the order swapped each round.

    Raises:
        RuntimeError: A side does not start; its error is quoted.
    """
    context = multiprocessing.get_context("spawn")
    links: list[Connection] = []
    processes = []
    try:
        for side in sides:
            ours, theirs = context.Pipe()
            processes.append(context.Process(target=_work, args=(theirs, side, job), daemon=True))
            processes[-1].start()
            said = ours.recv()
            if said != "ready":
                raise RuntimeError(f"{side.__name__} does not start: {said}")
            links.append(ours)
        results = [_asked(link, "result") if keeps_results else None for link in links]
        times: tuple[list[float], ...] = tuple([] for _ in links)
        for number in _order(len(links), rounds):
            time.sleep(PAUSE)
            times[number].append(_asked(links[number], "run"))
        peaks = [_asked(link, "stop") for link in links]
        for process in processes:
            process.join()
    finally:
        for process in processes:
            process.terminate()
    return Turns(times, tuple(peaks), tuple(results))


def _asked(link: Connection, request: str) -> Any:
    link.send(request)
    return link.recv()


def _work(link: Connection, side: Callable[[Job], Run], job: Job) -> None:
    """The process of one side: a turn gives the milliseconds a run, the end the peak memory."""
    x = job.pictures()
    try:
        run = side(job)
        for _ in range(3):
            result = run(x)
    except Exception as error:  # noqa: BLE001 - told by the process that asks
        link.send(f"{type(error).__name__}: {error}"[:500])
        return
    link.send("ready")
    while (request := link.recv()) != "stop":
        if request == "result":
            link.send(result)
            continue
        run(x)
        start = time.perf_counter()
        for _ in range(RUNS):
            run(x)
        link.send(1000 * (time.perf_counter() - start) / RUNS)
    link.send(_peak())


def _peak() -> float:
    """The most memory that this process has held, MB."""
    status = Path("/proc/self/status")
    if status.exists():  # on Linux `ru_maxrss` begins with what the parent held
        (line,) = [text for text in status.read_text().splitlines() if text.startswith("VmHWM:")]
        return int(line.split()[1]) / 1000
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _order(sides: int, rounds: int) -> Iterator[int]:
    """Who runs next: all in each round, the order swapped from one to the next."""
    for i in range(rounds):
        yield from range(sides) if i % 2 == 0 else reversed(range(sides))
