"""The backward sweep: nodes last to first, each cotangent handed on by its operator's rule."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import onnx
import onnx_ir as ir

from onnxcam.autodiff import registry
from onnxcam.autodiff.broadcasting import sum_to
from onnxcam.autodiff.cotangents import add
from onnxcam.autodiff.emitter import FLOATS, Emitter
from onnxcam.autodiff.functions import has_body, instantiate
from onnxcam.autodiff.node import ForwardNode
from onnxcam.errors import GradientError
from onnxcam.graph import between, downstream, nodes_within, static_shape

__all__ = ["entry_of", "is_defined_by_graph", "pull_back"]

LATER = "Choose a later layer with --layer; onnxcam inspect lists them."
# Domains of operators on tensors in the memory layout that one kind of processor likes best.
LAYOUTS = frozenset({"com.microsoft.nchwc", "com.ms.internal.nhwc"})
LAID_OUT = (
    "ONNX Runtime wrote this file for one kind of processor, with values in that one's memory layout: take the model "
    "that it was made from, or save it with GraphOptimizationLevel.ORT_ENABLE_EXTENDED."
)

Cotangents = dict[ir.Value, list[ir.Value]]
Seeds = Iterable[tuple[ir.Value, ir.Value | None]]


def pull_back(
    op: Emitter, nodes: ir.Graph | Sequence[ir.Node], seeds: Seeds, leaves: Sequence[ir.Value]
) -> list[ir.Value | None]:
    """The cotangents of `leaves` for those of values that `nodes` compute from them; None where no gradient arrives.

    Args:
        op: Emits the gradient.
        nodes: Sorted; of the forward graph, or computed again in the graph that `op` writes.
        seeds: Values and their cotangents; those of one value add up.
        leaves: Every path counts: one that lies downstream of another is passed through.

    Raises:
        GradientError: An operator on the way has no rule, or a rule broke its contract.
    """
    cotangents: Cotangents = defaultdict(list)
    for value, ct in seeds:
        if ct is not None:
            cotangents[value].append(ct)
    path = between(nodes, leaves, cotangents)
    active = frozenset(downstream(path, leaves))
    for node in reversed(path):
        _pull_back(op, node, cotangents, active)
    return [_total(op, cotangents, leaf) for leaf in leaves]


def entry_of(node: ir.Node, imports: Mapping[str, int]) -> registry.Entry | None:
    """How a node is differentiated: as its operator is registered, or by the function body that the standard gives."""
    version = _version(node, imports)
    entry = registry.find(node.domain, node.op_type, version)
    if entry is None and has_body(node.domain, node.op_type, version):
        return registry.Entry(node.domain, node.op_type, version, "expansion", instantiate)
    return entry


def is_defined_by_graph(node: ir.Node, imports: Mapping[str, int]) -> bool:
    """Whether the node's gradient computes a graph of the model's own opset again: a sub-graph or a function body."""
    entry = entry_of(node, imports)
    return next(nodes_within(node), None) is not None or (entry is not None and entry.rule is instantiate)


def _pull_back(op: Emitter, node: ir.Node, cotangents: Cotangents, active: frozenset[ir.Value]) -> None:
    """Apply the node's rule to the cotangents of its outputs and add the results to those of its inputs."""
    cts = [_total(op, cotangents, o) for o in node.outputs]
    if all(ct is None for ct in cts):
        return
    version = _version(node, op.imports)
    entry = entry_of(node, op.imports)
    if entry is None:
        raise _no_rule(node, version)
    forward = ForwardNode(node, version, op.constants, active)
    within = len(op.root.dead_ends)
    results: Any = None
    if entry.kind == "expansion":
        assert entry.rule is not None
        results = _through_expansion(op, forward, entry.rule, cts)
    elif entry.rule is not None:
        results = entry.rule(op, forward, *cts)
    if not isinstance(results, (tuple, list)):
        results = (results,)
    inputs = (*node.inputs, *forward.captured)
    if len(results) > len(inputs):
        raise _broken(node, f"it returned {len(results)} cotangents for {len(inputs)} inputs")
    arrived = False
    for value, ct in zip(inputs, results, strict=False):
        if value is None or ct is None or value not in active:
            continue
        if entry.broadcasts:
            ct = sum_to(op, ct, value)
        cotangents[value].append(_checked(node, value, ct))
        arrived = True
    _tell_dead_ends(op, node, within, is_expansion=entry.kind == "expansion", arrived=arrived)


def _tell_dead_ends(op: Emitter, node: ir.Node, within: int, *, is_expansion: bool, arrived: bool) -> None:
    """Name the forward node at which a cotangent ended, or in whose sub-graph; `within` counts those known before.

    Where an expansion hands something on, what ends within it is part of what the operator means.
    """
    inner = op.root.dead_ends[within:]
    del op.root.dead_ends[within:]
    place = f"{node.op_type} at node '{node.name or node.outputs[0].name}'"
    if not arrived:
        op.root.dead_ends.append(place)
    elif not is_expansion:
        op.root.dead_ends += dict.fromkeys(f"{end.split(' ')[0]} in {place}" for end in inner)


def _through_expansion(op: Emitter, node: ForwardNode, expand: registry.Rule, cts: Sequence[Any]) -> tuple[Any, ...]:
    """Let the expansion compute the node's outputs in standard operators, and sweep back over what it emitted.

    Where the sweep reads an output, it reads the forward model's, so that what made it need not be computed again.

    Raises:
        GradientError: A cotangent arrives at an output that the expansion does not compute.
    """
    known = [op.local(o) if o.name and o.dtype in FLOATS else None for o in node.outputs]
    mark = op.mark()
    made = expand(op, node)
    outputs = made if isinstance(made, (tuple, list)) else (made,)
    for output, ours, ct in itertools.zip_longest(node.outputs, outputs, cts):
        if ct is not None and ours is None:
            raise node.refusal(f"what makes its output '{output.name}' is not known in standard operators")
    emitted = op.since(mark)
    inputs = (*node.inputs, *node.captured)
    leaves = list(dict.fromkeys(op.local(v) for v in inputs if v is not None and v in node.wanted))
    found = dict(zip(leaves, pull_back(op, emitted, zip(outputs, cts, strict=False), leaves), strict=True))
    for ours, theirs in zip(outputs, known, strict=False):
        if theirs is not None and ours is not None and ours.producer() in set(emitted):
            ir.convenience.replace_all_uses_with(ours, theirs)
    return tuple(found.pop(op.local(v), None) if v is not None else None for v in inputs)


def _total(op: Emitter, cotangents: Cotangents, value: ir.Value) -> ir.Value | None:
    """The cotangent of a value: the sum of what its readers handed back, None where none did."""
    if value not in cotangents:
        return None
    total = add(op, *cotangents[value])
    cotangents[value] = [total]
    return total


def _checked(node: ir.Node, value: ir.Value, ct: ir.Value) -> ir.Value:
    """Hold the cotangent against the value's shape where both are known, and give it what it lacks of the shape."""
    wanted, given = static_shape(value), static_shape(ct)
    if wanted is not None and given is not None and wanted != given:
        raise _broken(node, f"the cotangent of '{value.name}' has shape {given} instead of {wanted}")
    if given is None and value.shape is not None:
        told = ct.shape if ct.shape is not None and ct.shape.rank() == value.shape.rank() else value.shape
        ct.shape = ir.Shape([t if d is None else d for d, t in zip(map(_name, value.shape), told, strict=True)])
    return ct


def _name(dimension: int | ir.SymbolicDim) -> int | str | None:
    return dimension if isinstance(dimension, int) else dimension.value


def _version(node: ir.Node, imports: Mapping[str, int]) -> int:
    """The version of the operator that the opset selects; 1 where no schema is known."""
    opset = node.version or imports.get(node.domain, 1)
    try:
        return int(onnx.defs.get_schema(node.op_type, opset, node.domain).since_version)
    except onnx.defs.SchemaError:
        return 1


def _no_rule(node: ir.Node, version: int) -> GradientError:
    name = node.op_type if node.domain == "" else f"{node.domain}::{node.op_type}"
    return GradientError(
        f"no vjp rule for {name} (since version {version}) at node '{node.name or node.outputs[0].name}', "
        f"between the layer and the score. {LAID_OUT if node.domain in LAYOUTS else LATER}",
        op_type=node.op_type,
        domain=node.domain,
        since_version=version,
        node=node.name,
    )


def _broken(node: ir.Node, how: str) -> GradientError:
    return GradientError(
        f"the vjp rule for {node.op_type} broke its contract at node '{node.name}': {how}. This is a bug of onnxcam; "
        "report it with the model.",
        op_type=node.op_type,
        node=node.name,
    )
