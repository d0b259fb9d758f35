"""How long it takes to build the gradient model of a network, to its first convolution."""

from __future__ import annotations

import dataclasses
import gc
import itertools
import time
from pathlib import Path

import numpy as np

from onnxcam.autodiff import differentiate
from onnxcam.graph import load
from onnxcam.plan import make_plan

__all__ = ["Building", "build", "growth"]


@dataclasses.dataclass(frozen=True)
class Building:
    """The steps from a file to its gradient model: the fastest build of several, in milliseconds.

    Attributes:
        nodes: Nodes in the file.
        gradient_nodes: Nodes of the gradient model.
        load: Read and analyse the file.
        plan: Choose the score, find the candidates.
        differentiate: Write the gradient model.
    """

    nodes: int
    gradient_nodes: int
    load: float
    plan: float
    differentiate: float

    @property
    def total(self) -> float:
        """All steps."""
        return self.load + self.plan + self.differentiate


def build(path: Path, first_conv: str, nodes: int, rounds: int) -> Building:
    """Build the gradient model several times; the first, which imports and fills caches, does not count."""
    times: list[tuple[float, float, float]] = []
    count = 0
    for _ in range(rounds + 1):
        gc.collect()
        marks = [time.perf_counter()]
        model = load(path)
        marks.append(time.perf_counter())
        plan = make_plan(model, first_conv)
        marks.append(time.perf_counter())
        gradient = differentiate(plan)
        marks.append(time.perf_counter())
        count = len(gradient.model.graph)
        first, second, third = (1000 * (b - a) for a, b in itertools.pairwise(marks))
        times.append((first, second, third))
    fastest = [min(step) for step in zip(*times[1:], strict=True)]
    return Building(nodes, count, *fastest)


def growth(found: list[Building]) -> float:
    """The power of the node count that the time grows with, by least squares: 1 is linear."""
    sizes, times = (np.log([getattr(one, name) for one in found]) for name in ("nodes", "total"))
    return float(np.polyfit(sizes, times, 1)[0])
