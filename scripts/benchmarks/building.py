"""How long it takes to build the gradient model of a network, to its first convolution."""

from __future__ import annotations

import argparse
import dataclasses
import gc
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.networks import DenseNet, Network, ResNet, ViT, save

from onnxcam.autodiff import differentiate
from onnxcam.graph import load
from onnxcam.plan import make_plan

__all__ = ["GROWING", "REAL", "Building", "build", "building", "growth"]

# Real ones, then narrow ones of growing depth: 500 to 3,000 nodes.
REAL: dict[str, Network] = {
    "ResNet-152, batch normalisation unfolded": ResNet((3, 8, 36, 3), is_folded=False),
    "DenseNet-121": DenseNet((6, 12, 24, 16)),
    "ViT-B/16": ViT(12),
}
GROWING: dict[str, list[Network]] = {
    "ResNet": [ResNet((3, 8, n, 3), width=8, is_folded=False) for n in (36, 84, 184, 284)],
    "DenseNet": [DenseNet((6, 12, 24, 16, *[24] * n), growth=4) for n in (1, 4, 11, 18)],
    "ViT": [ViT(n, width=48, heads=4) for n in (6, 13, 27, 40)],
}


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


def building(args: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Time to build gradient models to the first convolution, and the power of the node count that it grows with."""
    for model, networks in {**{name: [network] for name, network in REAL.items()}, **GROWING}.items():
        found = []
        for network in networks:
            one = build(*save(network, folder), args.rounds)
            found.append(one)
            yield {
                "model": model,
                "nodes": one.nodes,
                "nodes of the gradient": one.gradient_nodes,
                "load, ms": round(one.load),
                "plan, ms": round(one.plan),
                "differentiate, ms": round(one.differentiate),
                "differentiate, ms a node": round(one.differentiate / one.nodes, 3),
                "all, ms a node": round(one.total / one.nodes, 3),
                "grows as nodes to the": round(growth(found), 2) if len(found) == len(networks) > 1 else "",
            }


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
