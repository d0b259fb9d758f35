"""Reverse mode: a graph in, a graph out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import onnx
import onnx_ir as ir
from onnx_ir.passes import common

import onnxcam.autodiff.rules  # noqa: F401 - fills the registry
from onnxcam.autodiff import registry
from onnxcam.autodiff.broadcasting import sum_to
from onnxcam.autodiff.emitter import IR_VERSION, Emitter, Residual
from onnxcam.autodiff.node import ForwardNode
from onnxcam.errors import GradientError
from onnxcam.graph import Model, between, static_shape
from onnxcam.plan import Plan

__all__ = ["Gradient", "differentiate", "reverse", "unruled"]


@dataclasses.dataclass(frozen=True, slots=True)
class Gradient:
    """A gradient model and how to feed it.

    Attributes:
        model: Standard operators only, at one pinned opset. Inputs: the cotangents and the residuals. Outputs: the
            gradients, float32 (float64 for a double model), each of the shape of the forward value.
        cotangents: Input names, one for each differentiated value, in its order.
        residuals: The forward values that the model reads besides.
        outputs: Output names, one for each value differentiated for, in its order.
    """

    model: ir.Model
    cotangents: tuple[str, ...]
    residuals: tuple[Residual, ...]
    outputs: tuple[str, ...]


def differentiate(plan: Plan) -> Gradient:
    """The gradient model of the plan's score tensor with respect to its layer.

    Raises:
        GradientError: An operator on the way has no rule, or no gradient reaches the layer.
    """
    model = plan.model
    return reverse(model, [model.value(plan.output)], [model.value(plan.layer)])


def unruled(model: Model, ys: Sequence[ir.Value], xs: Sequence[ir.Value]) -> list[ir.Node]:
    """The nodes between `xs` and `ys` that have no vjp rule, in graph order."""
    return [n for n in between(model.graph, xs, ys) if _entry(model, n) is None]


def reverse(model: Model, ys: Sequence[ir.Value], xs: Sequence[ir.Value]) -> Gradient:
    """The model that maps cotangents of `ys` to the cotangents of `xs`.

    Every path counts: an x that lies downstream of another is passed through.

    Raises:
        GradientError: An operator on the way has no rule, a rule broke its contract, or no gradient reaches an x.
    """
    is_double = any(y.dtype == ir.DataType.DOUBLE for y in ys)
    op = Emitter(model.graph, model.constants, ir.DataType.DOUBLE if is_double else ir.DataType.FLOAT)
    names = tuple(f"{y.name}::cotangent" for y in ys)
    cotangents: dict[ir.Value, ir.Value] = {}
    for y, name in zip(ys, names, strict=True):
        _accumulate(op, cotangents, y, op.input(name, op.dtype, y.shape))
    nodes = between(model.graph, xs, ys)
    active = frozenset({*xs, *(o for n in nodes for o in n.outputs)})
    dead: list[ir.Node] = []
    for node in reversed(nodes):
        _pull_back(op, model, node, cotangents, active, dead)
    outputs = tuple(_put_out(op, x, cotangents.get(x), dead, ys) for x in xs)
    gradient = ir.Model(op.graph, ir_version=IR_VERSION, producer_name="onnxcam")
    _tidy(gradient, names)
    residuals = tuple(op.residuals[v] for v in op.graph.inputs if v in op.residuals)
    return Gradient(gradient, names, residuals, outputs)


def _pull_back(
    op: Emitter,
    model: Model,
    node: ir.Node,
    cotangents: dict[ir.Value, ir.Value],
    active: frozenset[ir.Value],
    dead: list[ir.Node],
) -> None:
    """Apply the node's rule to the cotangents of its outputs and add the results to those of its inputs."""
    cts = [cotangents.get(o) for o in node.outputs]
    if all(ct is None for ct in cts):
        return
    entry = _entry(model, node)
    if entry is None:
        raise _no_rule(model, node)
    if entry.rule is None:
        dead.append(node)
        return
    results = entry.rule(op, ForwardNode(node, _version(model, node), model.constants, active), *cts)
    if not isinstance(results, (tuple, list)):
        results = (results,)
    if len(results) > len(node.inputs):
        raise _broken(node, f"it returned {len(results)} cotangents for {len(node.inputs)} inputs")
    for value, ct in zip(node.inputs, results, strict=False):
        if value is None or ct is None or value not in active:
            continue
        if entry.broadcasts:
            ct = sum_to(op, ct, value)
        _accumulate(op, cotangents, value, _checked(node, value, ct))


def _accumulate(op: Emitter, cotangents: dict[ir.Value, ir.Value], value: ir.Value, ct: ir.Value) -> None:
    cotangents[value] = op.Add(cotangents[value], ct) if value in cotangents else ct


def _checked(node: ir.Node, value: ir.Value, ct: ir.Value) -> ir.Value:
    """Hold the cotangent against the value's shape where both are known, and give it the shape where it has none."""
    wanted, given = static_shape(value), static_shape(ct)
    if wanted is not None and given is not None and wanted != given:
        raise _broken(node, f"the cotangent of '{value.name}' has shape {given} instead of {wanted}")
    if given is None and value.shape is not None:
        ct.shape = value.shape.copy()
    return ct


def _put_out(op: Emitter, x: ir.Value, ct: ir.Value | None, dead: list[ir.Node], ys: Sequence[ir.Value]) -> str:
    if ct is None:
        score = ", ".join(f"'{y.name}'" for y in ys)
        ends = ", ".join(sorted({f"{n.op_type} at node '{n.name or n.outputs[0].name}'" for n in dead}))
        why = f"every path ends in an operator without a gradient ({ends})" if ends else "no path connects them"
        raise GradientError(
            f"no gradient of {score} reaches '{x.name}': {why}. "
            "Choose another layer with --layer or another score with --output-name; onnxcam inspect lists them.",
            layer=x.name,
            dead_ends=tuple(n.name for n in dead),
        )
    is_free = ct.producer() is not None and not ct.is_graph_output()
    output = ct if is_free else op.Identity(ct)
    output.name, output.dtype = f"{x.name}::gradient", op.dtype
    op.graph.outputs.append(output)
    return str(output.name)


def _tidy(gradient: ir.Model, keep: Sequence[str]) -> None:
    """Drop what nobody asked for: cotangents of other inputs, and the residuals read for them alone."""
    common.RemoveUnusedNodesPass()(gradient)
    common.ClearMetadataAndDocStringPass()(gradient)
    inputs = gradient.graph.inputs
    for value in [v for v in inputs if not v.uses() and v.name not in keep]:
        inputs.remove(value)


def _version(model: Model, node: ir.Node) -> int:
    """The version of the operator that the model's opset selects; 1 where the standard does not know it."""
    opset = model.opset if node.domain == "" else model.graph.opset_imports.get(node.domain, 1)
    try:
        return int(onnx.defs.get_schema(node.op_type, opset, node.domain).since_version)
    except onnx.defs.SchemaError:
        return 1


def _entry(model: Model, node: ir.Node) -> registry.Entry | None:
    return registry.find(node.domain, node.op_type, _version(model, node))


def _no_rule(model: Model, node: ir.Node) -> GradientError:
    version = _version(model, node)
    name = node.op_type if node.domain == "" else f"{node.domain}::{node.op_type}"
    return GradientError(
        f"no vjp rule for {name} (since version {version}) at node '{node.name or node.outputs[0].name}', "
        "between the layer and the score. Choose a later layer with --layer; onnxcam inspect lists them.",
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
