"""Which values depend on which: sweeps over a sorted graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import onnx_ir as ir

__all__ = ["between", "downstream", "inputs_of", "upstream"]


def downstream(graph: ir.Graph, values: Iterable[ir.Value]) -> set[ir.Value]:
    """`values` and every value of `graph` computed from one of them."""
    reached = set(values)
    for node in graph:
        if any(v in reached for v in inputs_of(node)):
            reached.update(node.outputs)
    return reached


def upstream(graph: ir.Graph, values: Iterable[ir.Value]) -> set[ir.Value]:
    """`values` and every value of `graph` that one of them is computed from."""
    reached = set(values)
    for node in reversed(graph):
        if any(v in reached for v in node.outputs):
            reached.update(inputs_of(node))
    return reached


def between(graph: ir.Graph, sources: Sequence[ir.Value], sinks: Sequence[ir.Value]) -> list[ir.Node]:
    """The nodes of `graph`, in its order, on a path from a value of `sources` to one of `sinks`."""
    active = downstream(graph, sources) & upstream(graph, sinks)
    return [
        node for node in graph if any(o in active for o in node.outputs) and any(v in active for v in inputs_of(node))
    ]


def inputs_of(node: ir.Node) -> list[ir.Value]:
    """The values that `node` reads, those that its sub-graphs take from outside included."""
    found = [v for v in node.inputs if v is not None]
    for attribute in node.attributes.values():
        for graph in _graphs(attribute):
            inner: set[ir.Value] = {*graph.inputs, *graph.initializers.values()}
            inner.update(o for n in graph for o in n.outputs)
            found.extend(v for n in graph for v in inputs_of(n) if v not in inner)
            found.extend(v for v in graph.outputs if v not in inner)
    return found


def _graphs(attribute: ir.Attr) -> Sequence[ir.Graph]:
    if attribute.type == ir.AttributeType.GRAPH:
        return (attribute.as_graph(),)
    if attribute.type == ir.AttributeType.GRAPHS:
        return attribute.as_graphs()
    return ()
