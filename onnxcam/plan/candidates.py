"""The layers that could be explained, and what speaks for each."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.graph import Model, between, inputs_of, scaled_product
from onnxcam.plan.operators import CONVOLUTIONS, is_attention, mixes_channels, moved_from, tokens_read
from onnxcam.plan.paths import Paths, find_paths
from onnxcam.plan.plan import Candidate
from onnxcam.space import Tracing, arrange

__all__ = ["find_candidates"]


def find_candidates(model: Model, tracing: Tracing, score: ir.Value) -> tuple[Candidate, ...]:
    """What has space between the model's inputs and the score, in graph order.

    Convolutions, what attentions read, and what all of the space goes through: of tensors made from one another one by
    one, the last before it is mixed again. A dimension that is not static counts as more than one position.
    """
    found: dict[ir.Value, str] = {}
    nodes = between(model.graph, model.graph.inputs, [score])
    for node in nodes:
        value = scaled_product(node.outputs[0]) or node.outputs[0]
        if node.op_type in CONVOLUTIONS:
            found.setdefault(value, "convolution")
        elif is_attention(model, node, tracing) and (read := tokens_read(model, node, tracing)) is not None:
            found[read] = "tokens that attention reads"
    paths = find_paths(model, tracing, [score])
    for cut in _last_of_runs(model, tracing, paths):
        found.setdefault(moved_from(cut) or cut, "all of the space goes through it")
    through = set(paths.cuts)
    order = {n: i for i, n in enumerate(nodes)}
    candidates = []
    for value, why in found.items():
        maker = value.producer()
        arrangement = arrange(tracing, value)
        if maker is None or maker not in order or value is score or arrangement is None:
            continue
        both = f"{why}; all of the space goes through it" if why == "convolution" and value in through else why
        told = f"{both}; makes the scores themselves" if value in paths.predictions else both
        name = maker.name or str(value.name)
        candidates.append(
            Candidate(str(value.name), name, maker.op_type, _dims(value), order[maker], arrangement.grid, told)
        )
    return tuple(sorted(candidates, key=lambda c: c.position))


def _last_of_runs(model: Model, tracing: Tracing, paths: Paths) -> list[ir.Value]:
    """Of cuts that are pointwise functions of one another, the last; where the first is a convolution's, that one."""
    found: list[ir.Value] = []
    for cut in paths.cuts:
        if not found or not _is_pointwise_of(model, tracing, paths, cut, found[-1]):
            found.append(cut)
        elif (node := found[-1].producer()) is None or node.op_type not in CONVOLUTIONS:
            found[-1] = cut
    return found


def _is_pointwise_of(model: Model, tracing: Tracing, paths: Paths, cut: ir.Value, first: ir.Value) -> bool:
    """Whether `cut` is made of `first` alone, as far as it has space, without mixing channels or places."""
    waiting = [cut]
    while waiting:
        node = waiting.pop().producer()
        if node is None or mixes_channels(model, node):
            return False
        above = [v for v in inputs_of(node) if v in paths.spacious]
        if any(tracing.mixes(node, v) for v in above):
            return False
        waiting += [v for v in above if v is not first]
    return True


def _dims(value: ir.Value) -> tuple[int | str | None, ...]:
    return tuple(d if isinstance(d, int) else d.value for d in value.shape) if value.shape is not None else ()
