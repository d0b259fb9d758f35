"""The scales of a dense score: a detector puts several grids into one tensor, or into several outputs."""

from __future__ import annotations

from collections.abc import Iterator

import onnx_ir as ir

from onnxcam.graph import Model, downstream, inputs_of
from onnxcam.space import Tracing

__all__ = ["find_scales"]

Sinks = list[list[ir.Value]]


def find_scales(model: Model, tracing: Tracing, score: ir.Value) -> Iterator[Sinks]:
    """Ways to take the score apart by grid, the best first: for each grid the values that hold it alone.

    First together with the model's other outputs on the same grids (boxes beside classes, offsets beside a heat map),
    so that no head of one output is taken for what all are made from; then the score alone; then undivided.
    """
    reached = downstream(model.graph, model.graph.inputs)
    own = _by_grid(tracing, score, reached)
    if own:
        others = [o for o in model.graph.outputs if o is not score and o in reached]
        joint = {grid: list(values) for grid, values in own.items()}
        for other in others:
            for grid, values in _by_grid(tracing, other, reached).items():
                if grid in joint:
                    joint[grid] += [v for v in values if v not in joint[grid]]
        yield list(joint.values())
        yield list(own.values())
    yield [[score]]


def _by_grid(tracing: Tracing, value: ir.Value, reached: set[ir.Value]) -> dict[int, list[ir.Value]]:
    """The values above `value` that hold one grid only, by grid."""
    found: dict[int, list[ir.Value]] = {}
    waiting, seen = [value], {value}
    while waiting:
        one = waiting.pop(0)
        grids = tracing.grids_of(one)
        if len(grids) == 1:
            found.setdefault(next(iter(grids)), []).append(one)
        node = one.producer()
        if len(grids) < 2 or node is None:
            continue
        above = [v for v in inputs_of(node) if v in reached and v not in seen and tracing.has_space(v)]
        seen.update(above)
        waiting += above
    return found
