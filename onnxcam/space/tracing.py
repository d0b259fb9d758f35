"""Positions followed from the inputs through the whole graph."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import onnx_ir as ir

from onnxcam.graph import Constants, Model, downstream, static_shape, with_sizes
from onnxcam.space.axes import Axes, Grids, blank, is_positional, thinned
from onnxcam.space.flows import Passage, flow_of

__all__ = ["Tracing", "assumed_shapes", "trace"]

CHANNELS = (1, 3, 4)
"""What a picture's last axis is if it is the channels'."""
PICKING = frozenset({"Gather", "Slice"})
SHORT_SERIES, LONG_SERIES = 64, 4096


@dataclasses.dataclass(frozen=True, slots=True)
class Tracing:
    """Where every value's entries lie, for a batch of one.

    Attributes:
        grids: The model's grids.
        axes: By value's name; absent where nothing is known.
        mixed: By node's first output, the names of the inputs whose positions it mixes.
        shapes: By value's name, its shape for a batch of one, as far as it is known.
        batch: Samples that it was traced with: one, or the number that the file fixes.
    """

    grids: Grids
    axes: Mapping[str, Axes]
    mixed: Mapping[str, frozenset[str]]
    shapes: Mapping[str, tuple[int, ...]]
    batch: int = 1

    def has_space(self, value: ir.Value) -> bool:
        """Whether the value has entries at more than one position."""
        return any(is_positional(a) for a in self.axes.get(str(value.name), ()))

    def grids_of(self, value: ir.Value) -> frozenset[int]:
        """The grids that its entries lie on, by index."""
        axes = self.axes.get(str(value.name), ())
        if not self.has_space(value):
            return frozenset()
        codes = blank(1)
        for axis in axes:
            kept = axis if is_positional(axis) else axis[:1]
            codes = (codes[:, None] + kept[None, :]).reshape(-1)
        return frozenset(g for g, cells in self.grids.cells(codes).items() if (cells >= 0).any())

    def mixes(self, node: ir.Node, value: ir.Value) -> bool:
        """Whether `node` lets positions of its input `value` go into others, or into none."""
        return str(value.name) in self.mixed.get(str(node.outputs[0].name), frozenset())


def trace(model: Model, sizes: Mapping[str, Sequence[int]] | None = None) -> Tracing:
    """Follow the positions of a batch of one.

    Args:
        model: The model.
        sizes: Shapes of the inputs in a run; where they are open here too, 1 for the batch, 3 channels and 224
            positions an axis are taken.
    """
    shapes = _shapes(model.graph.inputs, sizes or {})
    graph = with_sizes(model, {n: s for n, s in shapes.items() if s is not None})
    constants = model.constants if graph is model.graph else Constants(graph, model.opset)
    grids, axes, mixed = Grids(), dict[ir.Value, Axes](), dict[str, frozenset[str]]()
    sources, beside = dict[ir.Value, str](), _side_vectors(model.graph.inputs)
    for value in graph.inputs:
        shape, sources[value] = static_shape(value), str(value.name)
        if shape is not None:
            is_beside = str(value.name) in beside
            axes[value] = tuple(map(blank, shape)) if is_beside else _of_input(grids, str(value.name), shape)
    reached = downstream(graph, graph.inputs)
    for node in graph:
        if node.outputs[0] not in reached:
            continue
        at = _passage(node, axes, sources, constants, grids)
        for output, found in zip(node.outputs, flow_of(node)(at), strict=False):
            sources[output] = at.source
            shape = static_shape(output)
            if found is not None and tuple(len(a) for a in found) == shape:
                axes[output] = thinned(found, grids) if at.mixed or node.op_type in PICKING else found
            else:  # what becomes of the positions is not known, so all of them may count
                for place in range(len(node.inputs)):
                    at.mix(place)
        mixed[str(node.outputs[0].name)] = frozenset(
            str(v.name) for i, v in enumerate(node.inputs) if v and i in at.mixed
        )
    known = {str(o.name): s for n in graph for o in n.outputs if (s := static_shape(o)) is not None}
    batch = next((s[0] for s in shapes.values() if s), 1)
    return Tracing(grids, {str(v.name): a for v, a in axes.items()}, mixed, known, batch)


def assumed_shapes(model: Model) -> dict[str, tuple[int, ...]]:
    """The inputs' shapes for a batch of one, by name: what the file leaves open as `trace` takes it."""
    found = _shapes(model.graph.inputs, {})
    return {name: shape for name, shape in found.items() if shape is not None}


def _passage(
    node: ir.Node, axes: Mapping[ir.Value, Axes], sources: Mapping[ir.Value, str], constants: Constants, grids: Grids
) -> Passage:
    inputs = [axes.get(v) if v is not None else None for v in node.inputs]
    spacious = [
        v for v, a in zip(node.inputs, inputs, strict=True) if v in sources and a and any(map(is_positional, a))
    ]
    origin = next(iter(spacious), None) or next((v for v in node.inputs if v in sources), None)
    source = sources[origin] if origin is not None else ""
    shapes = [static_shape(o) for o in node.outputs]
    return Passage(node, inputs, [static_shape(v) for v in node.inputs], shapes, constants, grids, source)


def _shapes(inputs: Sequence[ir.Value], sizes: Mapping[str, Sequence[int]]) -> dict[str, tuple[int, ...] | None]:
    """The inputs' shapes for a batch of one; a symbol that counts the first one's samples does so in every input."""
    first = inputs[0].shape[0] if inputs and inputs[0].shape is not None and inputs[0].shape.rank() else None
    symbol = first.value if isinstance(first, ir.SymbolicDim) else None
    return {str(v.name): _shape(v, sizes.get(str(v.name)), symbol) for v in inputs}


def _shape(value: ir.Value, given: Sequence[int] | None, batch: str | None) -> tuple[int, ...] | None:
    if value.shape is None:
        return tuple(given) if given is not None else None
    dims = [d if isinstance(d, int) else 1 if batch is not None and d.value == batch else None for d in value.shape]
    if given is not None and len(given) == len(dims):
        dims = [g if d is None else d for d, g in zip(dims, given, strict=True)]
    rank = len(dims)
    is_last = rank == 4 and dims[3] in CHANNELS and dims[1] not in CHANNELS
    assumed = (1, 224, 224, 3) if is_last else (1, 3, *[224 if rank == 4 else SHORT_SERIES] * (rank - 2))
    if rank <= 2:
        assumed = (1, LONG_SERIES)
    filled = [a if d is None else d for d, a in zip(dims, assumed[:rank], strict=False)]
    is_counted = given is not None and rank > 0 and not isinstance(value.shape[0], int)
    return (1, *filled[1:]) if is_counted else tuple(filled)


def _side_vectors(inputs: Sequence[ir.Value]) -> frozenset[str]:
    """Names of the inputs of so many real numbers beside a picture or a volume: they lie nowhere, unlike a sound's."""
    ranks = {v: v.shape.rank() for v in inputs if v.shape is not None}
    if max(ranks.values(), default=0) < 4:
        return frozenset()
    vectors = [v for v, rank in ranks.items() if rank == 2 and v.shape is not None and isinstance(v.shape[1], int)]
    return frozenset(str(v.name) for v in vectors if v.dtype is not None and v.dtype.is_floating_point())


def _of_input(grids: Grids, name: str, shape: tuple[int, ...]) -> Axes:
    """An input's axes: batch, channels and space, as its shape suggests; a convolution sees for itself."""
    rank = len(shape)
    if rank < 2:
        return tuple(blank(n) for n in shape)
    if rank == 2:
        return (blank(shape[0]), *grids.axes(name, shape[1:]))
    is_last = shape[2] < shape[1] if rank == 3 else shape[-1] in CHANNELS and shape[1] not in CHANNELS
    if is_last:
        return (blank(shape[0]), *grids.axes(name, shape[1:-1]), blank(shape[-1]))
    return (blank(shape[0]), blank(shape[1]), *grids.axes(name, shape[2:]))
