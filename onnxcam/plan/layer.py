"""Which layer is explained: by default the last convolution that still has space."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.errors import PlanError, nearest
from onnxcam.graph import Model, between, downstream, is_quantized, quantization_of, scaled_product
from onnxcam.plan.plan import Candidate

__all__ = ["CONVOLUTIONS", "choose_layer", "find_candidates"]

CONVOLUTIONS = frozenset({"Conv", "ConvInteger", "FusedConv", "QLinearConv"})


def find_candidates(model: Model, score: ir.Value) -> tuple[Candidate, ...]:
    """The convolutions with more than one spatial position between the model's inputs and the score, in graph order.

    A dimension that is not static counts as more than one position.
    """
    found = []
    for position, node in enumerate(between(model.graph, model.graph.inputs, [score])):
        layer = _real(node.outputs[0])
        if node.op_type in CONVOLUTIONS and _has_space(layer) and layer is not score:
            name = node.name or str(layer.name)
            found.append(Candidate(str(layer.name), name, node.op_type, _dims(layer), position))
    return tuple(found)


def choose_layer(
    model: Model, score: ir.Value, candidates: tuple[Candidate, ...], layer: str | None = None
) -> tuple[ir.Value, str]:
    """The layer to explain and why: the one named, else the last candidate.

    Args:
        model: The model.
        score: The score tensor.
        candidates: From `find_candidates`.
        layer: A value's or a node's name, or None.

    Raises:
        PlanError: No such layer, none by default, or the score does not depend on it.
    """
    if layer is not None:
        named = _named(model, layer)
        value = _real(named)
        if score not in downstream(model.graph, [value]) or value is score:
            raise PlanError(
                f"the score '{score.name}' does not depend on layer '{layer}'. "
                "onnxcam inspect lists the layers that it depends on.",
                layer=layer,
                output=score.name,
            )
        return value, f"the layer '{named.name}' was asked for{_meaning(value, is_scaled=value is not named)}"
    if not candidates:
        raise PlanError(
            f"{model.path.name} has no convolution with more than one spatial position before its score "
            f"'{score.name}'. Name a layer that has space with --layer.",
            path=model.path,
            output=score.name,
        )
    last = candidates[-1]
    shape = " x ".join("?" if d is None else str(d) for d in last.shape) or "its shape is only known in a run"
    reason = f"the layer is '{last.layer}', the last {last.op_type} with more than one spatial position ({shape})"
    value = model.value(last.layer)
    return value, reason + _meaning(value, is_scaled=last.op_type == "ConvInteger" and not is_quantized(value))


def _named(model: Model, name: str) -> ir.Value:
    values = ir.convenience.create_value_mapping(model.graph)
    if name in values:
        return values[name]
    nodes = {n.name: n for n in model.graph if n.name}
    if name in nodes:
        return nodes[name].outputs[0]
    raise PlanError(
        f"no layer '{name}'.{nearest(name, (*values, *nodes))} onnxcam inspect lists the layers.", layer=name
    )


def _real(value: ir.Value) -> ir.Value:
    """What holds the real numbers of an integer product; any other value itself."""
    return scaled_product(value) or value


def _meaning(value: ir.Value, *, is_scaled: bool) -> str:
    """How integers become the real numbers that are explained."""
    if is_scaled:
        return f", its integers scaled to real numbers in '{value.name}'"
    if not is_quantized(value):
        return ""
    return (
        ", dequantised" if quantization_of(value) else ", its integers taken as real numbers: nothing tells their scale"
    )


def _has_space(value: ir.Value) -> bool:
    return value.shape is None or any(d != 1 for d in tuple(value.shape)[2:])


def _dims(value: ir.Value) -> tuple[int | str | None, ...]:
    return tuple(d if isinstance(d, int) else d.value for d in value.shape) if value.shape is not None else ()
