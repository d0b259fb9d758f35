"""Which values depend on which: sweeps over a sorted graph, or over sorted nodes of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import onnx_ir as ir

__all__ = ["between", "captured", "captured_by", "downstream", "inputs_of", "nodes_within", "upstream"]


Nodes = ir.Graph | Sequence[ir.Node]
OF_SHAPE = frozenset({"EyeLike", "RandomNormalLike", "RandomUniformLike", "SequenceLength", "Shape", "Size"})


def downstream(nodes: Nodes, values: Iterable[ir.Value]) -> set[ir.Value]:
    """`values` and every value that `nodes` compute from one of them; a shape does not depend on the values."""
    reached = set(values)
    for node in nodes:
        if node.op_type not in OF_SHAPE and any(v in reached for v in inputs_of(node)):
            reached.update(node.outputs)
    return reached


def upstream(nodes: Nodes, values: Iterable[ir.Value]) -> set[ir.Value]:
    """`values` and every value that `nodes` compute one of them from."""
    reached = set(values)
    for node in reversed(nodes):
        if any(v in reached for v in node.outputs):
            reached.update(inputs_of(node))
    return reached


def between(nodes: Nodes, sources: Iterable[ir.Value], sinks: Iterable[ir.Value]) -> list[ir.Node]:
    """The nodes, in their order, on a path from a value of `sources` to one of `sinks`."""
    active = downstream(nodes, sources) & upstream(nodes, sinks)
    return [
        node for node in nodes if any(o in active for o in node.outputs) and any(v in active for v in inputs_of(node))
    ]


def inputs_of(node: ir.Node) -> list[ir.Value]:
    """The values that `node` reads, those that its sub-graphs capture included."""
    return [*(v for v in node.inputs if v is not None), *captured(node)]


def captured(node: ir.Node) -> list[ir.Value]:
    """The values that the sub-graphs of `node` take from outside, each once."""
    return list(dict.fromkeys(v for a in node.attributes.values() for g in _graphs(a) for v in captured_by(g)))


def captured_by(graph: ir.Graph) -> list[ir.Value]:
    """The values that a sub-graph, and those within it, take from outside, each once."""
    inner: set[ir.Value] = {*graph.inputs, *graph.initializers.values()}
    inner.update(o for n in graph for o in n.outputs)
    read = [*(v for n in graph for v in inputs_of(n)), *graph.outputs]
    return [v for v in dict.fromkeys(read) if v not in inner]


def nodes_within(node: ir.Node) -> Iterator[ir.Node]:
    """The nodes of the node's sub-graphs, and of those within them."""
    for attribute in node.attributes.values():
        for graph in _graphs(attribute):
            for inner in graph:
                yield inner
                yield from nodes_within(inner)


def _graphs(attribute: ir.Attr) -> Sequence[ir.Graph]:
    if attribute.type == ir.AttributeType.GRAPH:
        return (attribute.as_graph(),)
    if attribute.type == ir.AttributeType.GRAPHS:
        return attribute.as_graphs()
    return ()
