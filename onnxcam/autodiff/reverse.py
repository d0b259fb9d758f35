"""Reverse mode: a graph in, a graph out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import onnx
import onnx_ir as ir
from onnx_ir.passes import common

import onnxcam.autodiff.rules  # noqa: F401 - fills the registry
from onnxcam.autodiff.emitter import OPSET, Emitter, Residual
from onnxcam.autodiff.quantized import of_integers, of_reals
from onnxcam.autodiff.sweep import entry_of, is_defined_by_graph, pull_back
from onnxcam.errors import GradientError
from onnxcam.graph import Model, between, nodes_within
from onnxcam.plan import Plan

__all__ = ["Gradient", "differentiate", "gradients", "opset_of", "reverse", "unruled"]

IR_VERSION = 8

# The opset from which on Cast knows a type; the pinned one where it is not here.
KNOWN_SINCE = {
    ir.DataType.FLOAT8E4M3FN: 19,
    ir.DataType.FLOAT8E4M3FNUZ: 19,
    ir.DataType.FLOAT8E5M2: 19,
    ir.DataType.FLOAT8E5M2FNUZ: 19,
    ir.DataType.INT4: 21,
    ir.DataType.UINT4: 21,
    ir.DataType.FLOAT4E2M1: 23,
    ir.DataType.FLOAT8E8M0: 24,
    ir.DataType.INT2: 25,
    ir.DataType.UINT2: 25,
    ir.DataType.FLOAT6E2M3: 28,
    ir.DataType.FLOAT6E3M2: 28,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Gradient:
    """A gradient model and how to feed it.

    Attributes:
        model: Standard operators only, at one pinned opset. Inputs: the cotangents and the residuals. Outputs: the
            gradients, float32 (float64 for a double model), each of the shape of the forward value.
        cotangents: Input names, one for each differentiated value, in its order.
        residuals: The forward values that the model reads besides.
        outputs: Output names, one for each value differentiated for, in its order.
        dead_ends: Where a part of the gradient ends: operators without one that a cotangent reached.
    """

    model: ir.Model
    cotangents: tuple[str, ...]
    residuals: tuple[Residual, ...]
    outputs: tuple[str, ...]
    dead_ends: tuple[str, ...] = ()


def differentiate(plan: Plan) -> Gradient:
    """The gradient model of the plan's score tensor with respect to its layers.

    Raises:
        GradientError: An operator on the way has no rule, or no gradient reaches a layer.
    """
    model = plan.model
    return reverse(model, [model.value(plan.output)], [model.value(layer) for layer in plan.layers])


def unruled(model: Model, ys: Sequence[ir.Value], xs: Sequence[ir.Value]) -> list[ir.Node]:
    """The nodes between `xs` and `ys`, and in their sub-graphs, that have no vjp rule; in graph order."""
    imports = model.graph.opset_imports
    nodes = [m for n in between(model.graph, xs, ys) for m in (n, *nodes_within(n))]
    return [n for n in nodes if entry_of(n, imports) is None]


def reverse(model: Model, ys: Sequence[ir.Value], xs: Sequence[ir.Value], *, opset: int | None = None) -> Gradient:
    """The model that maps cotangents of `ys` to the cotangents of `xs`.

    Every path counts: an x that lies downstream of another is passed through. Those of quantised values are those of
    the real numbers that they stand for.

    Args:
        model: The model.
        ys: Values that are differentiated.
        xs: Values that they are differentiated for.
        opset: Of the gradient model, if that is newer than the one that is chosen.

    Raises:
        GradientError: An operator on the way has no rule, a rule broke its contract, or no gradient reaches an x.
    """
    is_double = any(y.dtype == ir.DataType.DOUBLE for y in ys)
    dtype = ir.DataType.DOUBLE if is_double else ir.DataType.FLOAT
    op = Emitter(model.graph, model.constants, dtype, max(opset_of(model, ys, xs), opset or OPSET))
    names = tuple(f"{y.name}::cotangent" for y in ys)
    cotangents = [op.input(name, dtype, y.shape) for y, name in zip(ys, names, strict=True)]
    found = zip(xs, gradients(op, model.graph, ys, cotangents, xs), strict=True)
    outputs = tuple(_put_out(op, x, gradient) for x, gradient in found)
    ir_version = IR_VERSION if op.opset == OPSET else max(_ir_version(op.opset), model.shipped.ir_version)
    gradient = ir.Model(op.graph, ir_version=ir_version, producer_name="onnxcam")
    _tidy(gradient, names)
    residuals = tuple(op.residuals[v] for v in op.graph.inputs if v in op.residuals)
    return Gradient(gradient, names, residuals, outputs, tuple(dict.fromkeys(op.dead_ends)))


def _ir_version(opset: int) -> int:
    """The oldest `ir_version` that knows an opset."""
    return max(IR_VERSION, onnx.helper.OP_SET_ID_VERSION_MAP.get(("ai.onnx", opset), IR_VERSION))


def opset_of(model: Model, ys: Sequence[ir.Value], xs: Sequence[ir.Value]) -> int:
    """The gradient's opset: the pinned one, a later one that knows the types that are read, or the model's own.

    The model's own where nodes of it are computed again.
    """
    nodes = between(model.graph, xs, ys)
    read = [v.dtype for n in nodes for v in (*n.inputs, *n.outputs) if v is not None and v.dtype is not None]
    is_replayed = any(is_defined_by_graph(n, model.graph.opset_imports) for n in nodes)
    return max(OPSET, model.opset if is_replayed else OPSET, *(KNOWN_SINCE.get(dtype, OPSET) for dtype in read))


def gradients(
    op: Emitter, graph: ir.Graph, ys: Sequence[ir.Value], cotangents: Sequence[ir.Value], xs: Sequence[ir.Value]
) -> tuple[ir.Value, ...]:
    """The gradients at `xs` for cotangents of `ys`, emitted; of quantised values those of the real numbers.

    Raises:
        GradientError: An operator on the way has no rule, a rule broke its contract, or no gradient reaches an x.
    """
    op.seeds.update(cotangents)
    seeds = [(y, of_integers(op, y, ct)) for y, ct in zip(ys, cotangents, strict=True)]
    found = zip(xs, pull_back(op, graph, seeds, xs), strict=True)
    return tuple(of_reals(op, x, _arrived(op, x, ct, ys)) for x, ct in found)


def _arrived(op: Emitter, x: ir.Value, ct: ir.Value | None, ys: Sequence[ir.Value]) -> ir.Value:
    if ct is not None:
        return ct
    score = ", ".join(f"'{y.name}'" for y in ys)
    ends = ", ".join(sorted(set(op.dead_ends)))
    why = f"every path ends in an operator without a gradient ({ends})" if ends else "no path connects them"
    raise GradientError(
        f"no gradient of {score} reaches '{x.name}': {why}. "
        "Choose another layer with --layer or another score with --output-name; onnxcam inspect lists them.",
        layer=x.name,
        dead_ends=tuple(op.dead_ends),
    )


def _put_out(op: Emitter, x: ir.Value, ct: ir.Value) -> str:
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
