"""Which layer is explained: the one asked for, or the last convolution, or what is right in its place."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import onnx_ir as ir

from onnxcam.errors import PlanError, nearest
from onnxcam.graph import Model, downstream, is_quantized, quantization_of, scaled_product
from onnxcam.plan.automatic import choose_automatically, last_convolution
from onnxcam.plan.operators import CONVOLUTIONS
from onnxcam.plan.plan import Candidate
from onnxcam.space import Tracing, arrange

__all__ = ["AUTOMATIC", "Choice", "choose_layers"]

AUTOMATIC, LAST_CONVOLUTION = "auto", "last-conv"
COUNT = re.compile(r"-[1-9][0-9]*")


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """The layers, and why these."""

    layers: tuple[ir.Value, ...]
    reason: str


def choose_layers(
    model: Model,
    tracing: Tracing,
    score: ir.Value,
    candidates: Sequence[Candidate],
    asked: str | Sequence[str] | None = None,
) -> Choice:
    """The layers to explain and why.

    Args:
        model: The model.
        tracing: Where its values have space.
        score: The score tensor.
        candidates: From `find_candidates`.
        asked: `auto` or None; `last-conv`; a value's or a node's name; `-1`, `-2`, …, which count the candidates from
            the end; or several of these, whose maps are averaged. A name of the model's wins over the words.

    Raises:
        PlanError: No such layer, none by default, or the score does not depend on it.
    """
    if asked is None:
        asked = AUTOMATIC
    if not isinstance(asked, str):
        chosen = [_one(model, tracing, score, candidates, one) for one in asked]
        if not chosen:
            raise PlanError("no layer is named. Name one or several, or leave it to 'auto'.", layer=asked)
        layers = tuple(dict.fromkeys(layer for choice in chosen for layer in choice.layers))
        return Choice(layers, "; ".join(c.reason for c in chosen) + _averaged(layers))
    choice = _one(model, tracing, score, candidates, asked)
    return Choice(choice.layers, choice.reason + _averaged(choice.layers))


def _averaged(layers: Sequence[ir.Value]) -> str:
    return f"; the maps of the {len(layers)} layers are averaged" if len(layers) > 1 else ""


def _one(model: Model, tracing: Tracing, score: ir.Value, candidates: Sequence[Candidate], asked: str) -> Choice:
    values = ir.convenience.create_value_mapping(model.graph)
    nodes = {n.name: n.outputs[0] for n in model.graph if n.name}
    named = values.get(asked) or nodes.get(asked)
    if named is not None:
        return _named(model, score, asked, named)
    if asked == AUTOMATIC:
        return _described(model, tracing, *choose_automatically(model, tracing, score))
    if asked == LAST_CONVOLUTION:
        return _described(model, tracing, *last_convolution(model, tracing, score))
    if COUNT.fullmatch(asked):
        return _counted(model, candidates, int(asked))
    raise PlanError(
        f"no layer '{asked}'.{nearest(asked, (*values, *nodes, AUTOMATIC, LAST_CONVOLUTION))} "
        "onnxcam inspect lists the layers.",
        layer=asked,
    )


def _counted(model: Model, candidates: Sequence[Candidate], count: int) -> Choice:
    if -count > len(candidates):
        raise PlanError(
            f"there are {len(candidates)} layers to choose from, none is number {count}. onnxcam inspect lists them.",
            layer=str(count),
        )
    value = model.value(candidates[count].layer)
    return Choice((value,), f"the layer is '{value.name}', number {count} of those that onnxcam inspect lists")


def _named(model: Model, score: ir.Value, asked: str, named: ir.Value) -> Choice:
    value = scaled_product(named) or named
    if score not in downstream(model.graph, [value]) or value is score:
        raise PlanError(
            f"the score '{score.name}' does not depend on layer '{asked}'. "
            "onnxcam inspect lists the layers that it depends on.",
            layer=asked,
            output=score.name,
        )
    return Choice((value,), f"the layer '{named.name}' was asked for{_meaning(value, is_scaled=value is not named)}")


def _described(model: Model, tracing: Tracing, layers: Sequence[ir.Value], why: str) -> Choice:
    """The layers by name with the grid that they hold, and why."""
    told = []
    scaled = {scaled_product(n.outputs[0]) for n in model.graph if n.op_type in CONVOLUTIONS}
    for layer in layers:
        arrangement = arrange(tracing, layer)
        node = layer.producer()
        grid = f", {arrangement.described}" if arrangement is not None else ""
        told.append(
            f"'{layer.name}' ({node.op_type if node else 'input'}{grid}){_meaning(layer, is_scaled=layer in scaled)}"
        )
    start = "the layer is" if len(told) == 1 else "the layers are"
    return Choice(tuple(layers), f"{start} {' and '.join(told)}: {why}")


def _meaning(value: ir.Value, *, is_scaled: bool) -> str:
    """How integers become the real numbers that are explained."""
    if is_scaled:
        return f", its integers scaled to real numbers in '{value.name}'"
    if not is_quantized(value):
        return ""
    return (
        ", dequantised" if quantization_of(value) else ", its integers taken as real numbers: nothing tells their scale"
    )
