"""The layer that nobody named: the last convolution, as in the paper, unless that is the wrong tensor.

It is wrong where it is the classifier itself, where part of the space goes past it (a branch, a residual sum, a
detector's head), or where tokens are mixed behind it (a patch embedding). Then the layer is what the last attention
reads, if it carries the whole space, and else the last tensor that all of the space goes through before it is pooled.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterator, Sequence

import onnx_ir as ir

from onnxcam.errors import PlanError
from onnxcam.graph import Model, inputs_of, scaled_product
from onnxcam.plan.operators import (
    CONVOLUTIONS,
    is_attention,
    joins_mixed,
    mixes_channels,
    mixes_places,
    moved_from,
    tokens_read,
)
from onnxcam.plan.paths import Paths, find_paths
from onnxcam.plan.scales import find_scales
from onnxcam.space import Tracing, arrange
from onnxcam.space.axes import is_positional

__all__ = ["choose_automatically", "last_convolution"]

ACTIVATIONS = frozenset({"Clip", "Elu", "Gelu", "HardSwish", "LeakyRelu", "Mish", "PRelu", "Relu", "Selu", "Swish"})
ACTIVATIONS |= {"Add", "Div", "Erf", "HardSigmoid", "Mul", "Sigmoid", "Softplus", "Tanh"}
"""Operators that an activation is made of."""

NORMALISATIONS = frozenset(
    {"BatchNormalization", "GroupNormalization", "InstanceNormalization", "LayerNormalization", "RMSNormalization"}
)


@dataclasses.dataclass(frozen=True, slots=True)
class _View:
    """The ways to one scale of the score."""

    model: Model
    tracing: Tracing
    paths: Paths

    def can_be_explained(self, value: ir.Value | None) -> bool:
        """Whether the value holds features on a grid, neither the model's input nor its scores."""
        if value is None or value not in self.paths.features or value in self.paths.predictions:
            return False
        return arrange(self.tracing, value) is not None

    def cuts(self) -> list[ir.Value]:
        """What all of the space goes through and can be explained, before it is only moved."""
        moved = [moved_from(cut) for cut in self.paths.cuts if self.can_be_explained(cut)]
        return [c for c in dict.fromkeys(moved) if c is not None and self.can_be_explained(c)]

    def channels(self, value: ir.Value) -> int:
        """Entries at each position."""
        axes = self.tracing.axes.get(str(value.name), ())
        return math.prod(len(a) for a in axes if not is_positional(a))

    def convolutions(self) -> list[ir.Value]:
        """The convolutions' outputs that carry space on; integers as the real numbers that they are scaled to."""
        outputs = [n.outputs[0] for n in self.paths.nodes if n.op_type in CONVOLUTIONS]
        return [scaled_product(o) or o for o in outputs if o in self.paths.spacious]

    def untraced_convolutions(self) -> list[ir.Value]:
        """The convolutions' outputs of which only a run tells the space: the model refuses the sizes assumed here."""
        outputs = [n.outputs[0] for n in self.paths.nodes if n.op_type in CONVOLUTIONS]
        return [scaled_product(o) or o for o in outputs if str(o.name) not in self.tracing.axes]


def choose_automatically(model: Model, tracing: Tracing, score: ir.Value) -> tuple[tuple[ir.Value, ...], str]:
    """The layer, or one for each scale of a detector, and why.

    Raises:
        PlanError: Nothing between the input and the score has space.
    """
    for sinks in find_scales(model, tracing, score):
        views = [_View(model, tracing, find_paths(model, tracing, of_scale)) for of_scale in sinks]
        found = [_of_view(view) for view in views]
        chosen = [one for one in found if one is not None]
        if chosen and len(chosen) == len(found):
            layers = tuple(dict.fromkeys(value for value, _ in chosen))
            scales = ", one for each scale of the scores" if len(layers) > 1 else ""
            return layers, chosen[-1][1] + scales
    view = _View(model, tracing, find_paths(model, tracing, [score]))
    read = _read_in_part(view, next(reversed(view.convolutions()), None))
    if read is not None:
        return (read,), "the last attention reads its tokens from it, though some of the space goes past it"
    layers, why = last_convolution(model, tracing, score)
    makes = layers[0] in view.paths.predictions
    return (layers, f"{why}, though {'it makes the scores themselves' if makes else 'some of the space goes past it'}")


def last_convolution(model: Model, tracing: Tracing, score: ir.Value) -> tuple[tuple[ir.Value, ...], str]:
    """The last convolution with more than one position that is not the score itself.

    Raises:
        PlanError: There is none.
    """
    view = _View(model, tracing, find_paths(model, tracing, [score]))
    found = [v for v in view.convolutions() if v is not score and arrange(tracing, v) is not None]
    found = found or [v for v in view.untraced_convolutions() if v is not score]
    if not found:
        raise PlanError(
            f"{model.path.name} has no layer with more than one position before its score '{score.name}': no "
            "convolution, no tokens. Name a layer that has space with --layer.",
            path=model.path,
            output=score.name,
        )
    return (found[-1],), "it is the last convolution with more than one position"


def _of_view(view: _View) -> tuple[ir.Value, str] | None:
    cuts, convolutions = view.cuts(), view.convolutions()
    usable = [v for v in convolutions if view.can_be_explained(v)]
    last = usable[-1] if usable else None
    if last is not None and last in view.paths.cuts and not _is_mixed_after(view, last):
        if last is convolutions[-1]:
            return (last, "it is the last convolution, and all of the space goes through it")
        return (last, f"it is the last convolution before '{convolutions[-1].name}', which makes the scores themselves")
    read = _last_read(view, cuts)
    if read is not None:
        return (read, "the last attention reads its tokens from it, and they carry all of the space")
    if not cuts:
        return None
    return (
        _normalised(view, cuts[-1]),
        f"it is the last tensor that all of the space goes through; {_why_not(view, convolutions, last)}",
    )


def _why_not(view: _View, convolutions: Sequence[ir.Value], last: ir.Value | None) -> str:
    if not convolutions:
        return "there is no convolution"
    if last is None:
        return f"the only convolution, '{convolutions[-1].name}', makes the scores themselves"
    if last in view.paths.cuts:
        return f"places are mixed after the last convolution '{last.name}'"
    return f"some of it goes past the last convolution '{last.name}'"


def _normalised(view: _View, cut: ir.Value) -> ir.Value:
    """What stands before the activation that follows a normalisation: as convolutions, it is taken before that.

    An activation is one node or several: all between two tensors that everything goes through, entry by entry.
    """
    cuts = view.paths.cuts
    before = cuts[cuts.index(cut) - 1] if cut in cuts[1:] else None
    origin = moved_from(before)
    maker = origin.producer() if origin is not None else None
    if before is None or origin is None or maker is None or maker.op_type not in NORMALISATIONS:
        return cut
    between = view.paths.nodes[view.paths.position(before) + 1 : view.paths.position(cut) + 1]
    return origin if all(n.op_type in ACTIVATIONS for n in between) else cut


def _is_mixed_after(view: _View, last: ir.Value) -> bool:
    """Whether places are mixed, as learned, behind the last convolution: then it only embeds patches."""
    nodes = view.paths.nodes[view.paths.position(last) + 1 :]
    behind = {o for n in nodes for o in n.outputs}
    for node in nodes:
        if _is_attention_of(view, node):
            return True
        if node.op_type in CONVOLUTIONS or not any(o in view.paths.spacious for o in node.outputs):
            continue
        if mixes_places(node, view.tracing) or joins_mixed(node, view.tracing, behind):
            return True
    return False


def _is_attention_of(view: _View, node: ir.Node) -> bool:
    """Whether it is an attention that reads of the space, if only to make a class token of it."""
    return any(v in view.paths.spacious for v in node.inputs) and is_attention(view.model, node, view.tracing)


def _last_read(view: _View, cuts: Sequence[ir.Value]) -> ir.Value | None:
    """What the last attention reads, where that is a cut, or one normalised or joined with class tokens."""
    for node in reversed(view.paths.nodes):
        if not _is_attention_of(view, node):
            continue
        read = tokens_read(view.model, node, view.tracing)
        if read is None or not view.can_be_explained(read) or _is_projected_behind(view, node, cuts):
            return None
        origin = next(_origins(view, read, cuts), None)
        return read if origin is not None and view.channels(read) >= view.channels(origin) else None
    return None


def _read_in_part(view: _View, last: ir.Value | None) -> ir.Value | None:
    """What the last attention reads of the space behind the last convolution, even where more goes past it."""
    place = view.paths.position(last) if last is not None else -1
    for node in reversed(view.paths.nodes[place + 1 :]):
        if _is_attention_of(view, node):
            read = tokens_read(view.model, node, view.tracing)
            return read if view.can_be_explained(read) else None
    return None


def _is_projected_behind(view: _View, attention: ir.Node, cuts: Sequence[ir.Value]) -> bool:
    """Whether the last cut holds new features of what the attention gives: no shortcut leads to it from before."""
    place = view.paths.nodes.index(attention)
    before = [c for c in cuts if view.paths.position(c) < place]
    behind = bool(cuts) and cuts[-1] not in before
    return behind and next(_origins(view, cuts[-1], before, stops=CONVOLUTIONS), None) is None


def _origins(
    view: _View, value: ir.Value, cuts: Sequence[ir.Value], stops: Collection[str] = frozenset()
) -> Iterator[ir.Value]:
    """The cuts that `value` is made of without mixing channels or places, nor by an operator of `stops`."""
    for one in _above(view, value, stops):
        yield from (v for v in (one, moved_from(one)) if v is not None and v in cuts)


def _above(view: _View, value: ir.Value, stops: Collection[str]) -> Iterator[ir.Value]:
    waiting, seen = [value], {value}
    while waiting:
        one = waiting.pop()
        yield one
        node = one.producer()
        if node is None or node.op_type in stops or mixes_channels(view.model, node):
            continue
        if is_attention(view.model, node, view.tracing):
            continue
        for above in inputs_of(node):
            if above in view.paths.spacious and above not in seen and not view.tracing.mixes(node, above):
                seen.add(above)
                waiting.append(above)
