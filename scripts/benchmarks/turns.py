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

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Comparison",
    "Job",
    "Run",
    "compare",
    "explanation",
    "export_model",
    "exported",
    "first_gradient",
    "forward",
]

RUNS = 5  # timed in each turn, after one that is not: both sides find their weights where a busy process has them
PAUSE = 0.2  # seconds: the threads of the side that just ran have stopped spinning by then

Run = Callable[[NDArray[np.float32]], object]


@dataclasses.dataclass(frozen=True)
class Job:
    """What is run: a model's file, its first convolution, the execution provider and the batch size."""

    path: Path
    first_conv: str
    provider: str
    batch: int


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Two sides: milliseconds a run of each turn, and the peak memory of their processes, MB."""

    times: tuple[list[float], list[float]]
    peaks: tuple[float, float]

    @property
    def medians(self) -> tuple[float, float]:
        """Milliseconds a run."""
        return statistics.median(self.times[0]), statistics.median(self.times[1])

    @property
    def quartiles(self) -> tuple[float, float, float]:
        """Of the second side's time over the first's, pair by pair."""
        low, middle, high = statistics.quantiles([b / a for a, b in zip(*self.times, strict=True)], n=4)
        return low, middle, high


def forward(job: Job) -> Run:
    """The shipped file alone, with ONNX Runtime's default options."""
    return _whole_run(job.path, job.provider)


def exported(job: Job) -> Run:
    """The file that gives its map itself, in the same way."""
    return _whole_run(exported_path(job.path), job.provider)


def export_model(path: Path, provider: str) -> None:
    """Write that file: before the turns, so that no side's memory counts it."""
    import onnxcam

    onnxcam.export(path, exported_path(path), provider=provider)


def exported_path(path: Path) -> Path:
    """Where the file that gives its map lies, beside the shipped one."""
    return path.with_suffix(".cam.onnx")


def explanation(job: Job) -> Run:
    """Forward and Grad-CAM, the map at the input's resolution included."""
    import onnxcam

    return onnxcam.Explainer(job.path, provider=job.provider).explain


def first_gradient(job: Job) -> Run:
    """Forward, and the gradient of the predicted class at the first convolution: through nearly the whole network."""
    import onnxcam

    explainer = onnxcam.Explainer(job.path, layer=job.first_conv, provider=job.provider)
    return lambda x: explainer.gradient(x, lambda scores: (scores == scores.max(axis=1, keepdims=True)).astype("f4"))


def compare(sides: Sequence[Callable[[Job], Run]], job: Job, rounds: int) -> Comparison:
    """Both sides in turn, the order swapped each round."""
    context = multiprocessing.get_context("spawn")
    links: list[Connection] = []
    processes = []
    for side in sides:
        ours, theirs = context.Pipe()
        processes.append(context.Process(target=_work, args=(theirs, side, job), daemon=True))
        processes[-1].start()
        if ours.recv() != "ready":
            raise RuntimeError(f"{side.__name__} did not start")
        links.append(ours)
    times: tuple[list[float], list[float]] = ([], [])
    for side_number in _turns(rounds):
        time.sleep(PAUSE)
        links[side_number].send("run")
        times[side_number].append(links[side_number].recv())
    peaks = []
    for link in links:
        link.send("stop")
        peaks.append(link.recv())
    for process in processes:
        process.join()
    return Comparison(times, (peaks[0], peaks[1]))


def _whole_run(path: Path, provider: str) -> Run:
    """All outputs of a file."""
    import onnxruntime

    if provider == "cuda":
        onnxruntime.preload_dlls()
    session = onnxruntime.InferenceSession(path, providers=[f"{provider.upper()}ExecutionProvider"])
    return lambda x: session.run(None, {"x": x})


def _work(link: Connection, side: Callable[[Job], Run], job: Job) -> None:
    """The process of one side: answers requests with the milliseconds a run of a turn, then with its peak memory."""
    run = side(job)
    x = np.random.default_rng(1).standard_normal((job.batch, 3, 224, 224)).astype(np.float32)
    for _ in range(3):
        run(x)
    link.send("ready")
    while link.recv() == "run":
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


def _turns(rounds: int) -> Iterator[int]:
    """Who runs next: both in each round, the order swapped from one to the next."""
    for i in range(rounds):
        yield from (0, 1) if i % 2 == 0 else (1, 0)
