"""The ways that space takes from the input to the score, and the tensors that all of them go through."""

from __future__ import annotations

import collections
import dataclasses
from collections.abc import Iterator, Sequence

import onnx_ir as ir

from onnxcam.graph import Model, between, downstream, inputs_of
from onnxcam.plan.operators import mixes_channels
from onnxcam.space import Tracing

__all__ = ["Paths", "find_paths"]


@dataclasses.dataclass(frozen=True, slots=True)
class Paths:
    """What lies between the inputs and some sinks.

    Attributes:
        nodes: The nodes between, in the graph's order.
        spacious: The values that carry space on to a sink, a score without space included: not those of which only a
            class token goes on.
        cuts: Those that all of it goes through, in the graph's order.
        predictions: The values behind the last mixing of channels: the scores themselves, by place, and what they are
            put together from.
        features: The values behind the first mixing of channels: what is made of the input point by point is none.
    """

    nodes: tuple[ir.Node, ...]
    spacious: frozenset[ir.Value]
    cuts: tuple[ir.Value, ...]
    predictions: frozenset[ir.Value]
    features: frozenset[ir.Value]

    def position(self, value: ir.Value) -> int:
        """Index among `nodes` of the one that makes the value; -1 for an input."""
        node = value.producer()
        return self.nodes.index(node) if node in self.nodes else -1


def find_paths(model: Model, tracing: Tracing, sinks: Sequence[ir.Value]) -> Paths:
    """Follow the space on its ways to `sinks`."""
    nodes = between(model.graph, model.graph.inputs, sinks)
    carried = _carried(nodes, tracing, sinks)
    cuts = _cuts(model, nodes, carried, sinks)
    spacious = frozenset(v for v, _ in carried)
    mixing = [o for n in nodes if mixes_channels(model, n) for o in n.outputs]
    features = frozenset(downstream(nodes, mixing))
    return Paths(tuple(nodes), spacious, tuple(cuts), frozenset(_predictions(model, nodes, sinks)), features)


Edge = tuple[ir.Value, ir.Node | None]


def _carried(nodes: Sequence[ir.Node], tracing: Tracing, sinks: Sequence[ir.Value]) -> set[Edge]:
    """The edges on which the entries at the cells of a grid go on to a sink."""
    active = {o for n in nodes for o in n.outputs} | {v for n in nodes for v in n.inputs if v is not None}
    alive: set[ir.Value] = {s for s in sinks if tracing.has_space(s)}
    edges: set[Edge] = {(s, None) for s in alive}
    for node in reversed(nodes):
        on_the_way = [o for o in node.outputs if o in active and (o in sinks or any(u.node in nodes for u in o.uses()))]
        goes_on = any(o in alive for o in on_the_way)
        for value in dict.fromkeys(inputs_of(node)):
            if value in active and tracing.has_space(value) and (goes_on or tracing.mixes(node, value)):
                alive.add(value)
                edges.add((value, node))
    return edges


def _cuts(model: Model, nodes: Sequence[ir.Node], carried: set[Edge], sinks: Sequence[ir.Value]) -> Iterator[ir.Value]:
    """The values that are alone on their way when they are made.

    Beside those with space, what was pooled from it counts until it joins it again: a squeezed excitation does, the
    pooled features of an earlier stage do not.
    """
    spacious = {v for v, _ in carried}
    members = set(nodes)
    ahead: collections.Counter[ir.Value] = collections.Counter()
    for value, _ in carried:
        ahead[value] += 1
    pending = {v for v in model.graph.inputs if v in spacious}
    pooled: set[ir.Value] = set()
    for node in nodes:
        is_fed = any((v, node) in carried or v in pooled for v in inputs_of(node))
        for value in dict.fromkeys(inputs_of(node)):
            if (value, node) in carried or value in pooled:
                ahead[value] -= 1
                if ahead[value] <= 0:
                    pending.discard(value)
        for output in node.outputs:
            if output in spacious:
                pending.add(output)
            elif is_fed and (readers := {u.node for u in output.uses()} & members):
                ahead[output] = len(readers) + (output in sinks)
                pooled.add(output)
                pending.add(output)
        if len(pending) == 1 and (only := next(iter(pending))) in spacious and only in node.outputs:
            yield only


def _predictions(model: Model, nodes: Sequence[ir.Node], sinks: Sequence[ir.Value]) -> set[ir.Value]:
    found = set(sinks)
    for node in reversed(nodes):
        if any(o in found for o in node.outputs) and not mixes_channels(model, node):
            found.update(inputs_of(node))
    return found
