"""If: the branch that was taken."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.autodiff.bodies import body_of
from onnxcam.autodiff.cotangents import zeros_like
from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp

Values = tuple[ir.Value | None, ...]
BRANCHES = ("else_branch", "then_branch")


@vjp("If")
def if_(op: Emitter, node: ForwardNode, *cts: ir.Value | None) -> Values:
    """v̅ = c ? v̅ of the then-branch : v̅ of the else-branch, for each v that they capture; no cotangent for c."""
    wanted = [v for v in node.captured if node.is_wanted(v)]
    condition = node.constant(0)
    if condition is not None:
        taken = body_of(op, node, BRANCHES[int(condition.item())])
        results = taken.pull_back(op, (), cts, wanted)
    else:
        results = _chosen_at_run_time(op, node, cts, wanted)
    found = dict(zip(wanted, results, strict=True))
    return None, *(found.get(v) for v in node.captured)


def _chosen_at_run_time(op: Emitter, node: ForwardNode, cts: Values, wanted: list[ir.Value]) -> list[ir.Value | None]:
    inner = {name: op.subgraph() for name in BRANCHES}
    found = {name: body_of(op, node, name).pull_back(inner[name], (), cts, wanted) for name in BRANCHES}
    reached = [v for i, v in enumerate(wanted) if any(found[name][i] is not None for name in BRANCHES)]
    if not reached:
        return [None] * len(wanted)
    for name in BRANCHES:
        by_value = dict(zip(wanted, found[name], strict=True))
        for value in reached:
            ct = by_value[value]
            inner[name].put_out(zeros_like(inner[name], value) if ct is None else ct)
    graphs = {name: inner[name].graph for name in BRANCHES}
    results = dict(zip(reached, op.emit("If", node.inputs[:1], graphs, len(reached)), strict=True))
    for value, ct in results.items():
        op.describe(ct, like=value)
    return [results.get(v) for v in wanted]
