"""How the positions of an operator's inputs become those of its outputs: one small function an operator.

    @flow("Transpose")
    def transpose(at):
        return at.first.permuted(...)

A flow returns the outputs' axes, None for one that it cannot tell. An input is *mixed* where the entries at one
position go into results at others, or into results at none: `at.mix(i)` says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.graph import Constants
from onnxcam.space.axes import NOWHERE, Axes, Axis, Grids, blank, broadcast, is_positional, reshaped

__all__ = ["ATTENTION", "FLOWS", "Flow", "Passage", "flow_of"]

Shapes = Sequence[tuple[int, ...] | None]


@dataclasses.dataclass(slots=True)
class Passage:
    """One node, with what is known of its inputs.

    Attributes:
        node: The node.
        inputs: Axes of each input; None for a constant, or where they are not known.
        sizes: The shape of each input.
        shapes: The shape of each output.
        constants: What can be known of the graph's values.
        grids: The model's grids.
        source: The name of the input whose space the node works in.
        mixed: The inputs that are mixed, by place.
    """

    node: ir.Node
    inputs: list[Axes | None]
    sizes: Shapes
    shapes: Shapes
    constants: Constants
    grids: Grids
    source: str
    mixed: set[int] = dataclasses.field(default_factory=set)

    @property
    def data(self) -> int:
        """The place of the first input with axes."""
        return next((i for i, axes in enumerate(self.inputs) if axes is not None), 0)

    @property
    def first(self) -> Axes | None:
        """The axes of the first input that has some."""
        return self.inputs[self.data] if self.inputs else None

    @property
    def names_of_mixed(self) -> frozenset[str]:
        """The names of the inputs that are mixed."""
        return frozenset(str(v.name) for i, v in enumerate(self.node.inputs) if v is not None and i in self.mixed)

    def mix(self, place: int, axes: Sequence[int] | None = None) -> None:
        """Say that an input is mixed, if its position changes along one of `axes` (along any, for None)."""
        given = self.inputs[place]
        if given is None:
            return
        if any(
            is_positional(given[a])
            for a in (range(len(given)) if axes is None else axes)
            if -len(given) <= a < len(given)
        ):
            self.mixed.add(place)

    def number(self, name: str, default: int) -> int:
        """An integer attribute."""
        return self.node.attributes[name].as_int() if name in self.node.attributes else default

    def numbers(self, name: str) -> list[int] | None:
        """A list attribute, None where there is none."""
        return list(self.node.attributes[name].as_ints()) if name in self.node.attributes else None

    def constant(self, place: int) -> NDArray[np.int64] | None:
        """A constant input of integers, None where it is absent or not known."""
        if place >= len(self.node.inputs):
            return None
        array = self.constants.array(self.node.inputs[place])
        return None if array is None or array.dtype.kind not in "iu" else array.astype(np.int64)


Flow: TypeAlias = Callable[[Passage], list[Axes | None]]
FLOWS: dict[str, Flow] = {}

ATTENTION = frozenset({"Attention", "DecoderMaskedMultiHeadAttention", "DecoderMaskedSelfAttention"}) | frozenset(
    {"GroupQueryAttention", "LinearAttention", "LongformerAttention", "MultiHeadAttention", "PackedAttention"}
    | {"PackedMultiHeadAttention", "QAttention", "QOrderedAttention", "SparseAttention"}
)
"""Operators that mix tokens as attention does, in one node."""


def flow(*op_types: str) -> Callable[[Flow], Flow]:
    """Register the decorated function for these operators, of whatever domain, and return it unchanged."""

    def register(function: Flow) -> Flow:
        FLOWS.update(dict.fromkeys(op_types, function))
        return function

    return register


def flow_of(node: ir.Node) -> Flow:
    """The operator's flow, or else that of an elementwise operator, if the shapes are those of one."""
    return FLOWS.get(node.op_type, elementwise)


def elementwise(at: Passage) -> list[Axes | None]:
    """Broadcast, where an output has the shape that the inputs broadcast to; anything else mixes what it is given."""
    results: list[Axes | None] = []
    sizes = [s for s in at.sizes if s is not None]
    for shape in at.shapes:
        if shape is not None and _is_broadcast(sizes, shape):
            results.append(broadcast([a for a in at.inputs if a is not None], shape))
        else:
            results.append(_kept(at.first, shape))
            for place in range(len(at.inputs)):
                at.mix(place)
    return results


def _is_broadcast(sizes: Sequence[tuple[int, ...]], shape: tuple[int, ...]) -> bool:
    try:
        return bool(sizes) and np.broadcast_shapes(*sizes) == shape
    except ValueError:
        return False


def _kept(axes: Axes | None, shape: tuple[int, ...] | None) -> Axes | None:
    """The axes of an input as far as the sizes are those of the output; they say nothing where the ranks differ."""
    if shape is None or axes is None or len(axes) != len(shape):
        return None if shape is None else tuple(blank(n) for n in shape)
    return tuple(a if len(a) == n else blank(n) for a, n in zip(axes, shape, strict=True))


@flow("Transpose")
def transpose(at: Passage) -> list[Axes | None]:
    """The axes in another order."""
    if at.first is None:
        return [None]
    order = at.numbers("perm") or list(reversed(range(len(at.first))))
    return [tuple(at.first[i] for i in order)]


@flow("Flatten", "Reshape", "Squeeze", "Unsqueeze")
def reshape(at: Passage) -> list[Axes | None]:
    """The same entries in the same order."""
    shape = at.shapes[0]
    return [None if at.first is None or shape is None else reshaped(at.first, shape)]


@flow("Slice")
def cut_out(at: Passage) -> list[Axes | None]:
    """A run of entries along some axes."""
    axes = at.first
    if axes is None:
        return [None]
    starts, ends = at.constant(1), at.constant(2)
    places, steps = at.constant(3), at.constant(4)
    if "starts" in at.node.attributes:
        starts, ends = (np.array(at.numbers(k), np.int64) for k in ("starts", "ends"))
        given = at.numbers("axes")
        places = None if given is None else np.array(given, np.int64)
    if starts is None or ends is None:
        return elementwise(at)
    result = list(axes)
    listed = range(len(starts)) if places is None else places.reshape(-1).tolist()
    for i, place in enumerate(listed):
        step = 1 if steps is None else int(steps[i])
        stop: int | None = int(ends[i])
        if step < 0 and int(ends[i]) < -len(result[place]):
            stop = None  # up to and with the first
        result[place] = result[place][int(starts[i]) : stop : step]
    return [tuple(result)]


@flow("Split", "SplitToSequence")
def split(at: Passage) -> list[Axes | None]:
    """Runs of entries along one axis."""
    place, results, start = at.number("axis", 0), list[Axes | None](), 0
    for shape in at.shapes:
        if at.first is None or shape is None or len(shape) != len(at.first):
            results.append(None)
            continue
        axes = list(at.first)
        axes[place] = axes[place][start : start + shape[place]]
        start += shape[place]
        results.append(tuple(axes))
    return results


@flow("Gather")
def gather(at: Passage) -> list[Axes | None]:
    """Chosen entries along one axis."""
    axes, indices = at.inputs[0], at.constant(1)
    place = at.number("axis", 0)
    looked_up, shape = at.inputs[1] if len(at.inputs) > 1 else None, at.shapes[0]
    if axes is None and looked_up is not None and shape is not None and place == 0:
        return [(*looked_up, *(blank(n) for n in shape[len(looked_up) :]))]  # an embedding of tokens
    if axes is None or indices is None:
        return elementwise(at)
    place %= len(axes)
    chosen = axes[place][indices.reshape(-1)]
    kept = reshaped((*axes[:place], chosen, *axes[place + 1 :]), at.shapes[0] or ())
    return [kept if at.shapes[0] is not None else None]


@flow("Concat", "QLinearConcat")
def concat(at: Passage) -> list[Axes | None]:
    """Entries behind each other; what comes from no position lies nowhere, if the others lie somewhere."""
    shape = at.shapes[0]
    if shape is None:
        return [None]
    place = at.number("axis", 1) % len(shape)
    pairs = [(a, s) for a, s in zip(at.inputs, at.sizes, strict=True) if s is not None and len(s) == len(shape)]
    known = [a for a, _ in pairs if a is not None]
    is_along = any(is_positional(a[place]) for a in known) or len({_start(a) for a in known}) > 1
    missing = NOWHERE if is_along else 0
    parts = []
    for axes, size in pairs:
        has_place = axes is not None and (not is_along or is_positional(axes[place]) or _start(axes) > 0)
        parts.append(axes[place] if axes is not None and has_place else np.full(size[place], missing, np.int64))
    joined = np.concatenate(parts) if parts else blank(0)
    if len(joined) != shape[place]:
        return elementwise(at)
    others = [tuple(blank(1) if i == place else b for i, b in enumerate(a)) for a in known]
    axes = broadcast(others, [1 if i == place else n for i, n in enumerate(shape)])
    return [tuple(joined if i == place else a for i, a in enumerate(axes))]


def _start(axes: Axes) -> int:
    """The code of the first entry."""
    return int(sum(a[0] for a in axes if len(a)))


@flow("Pad")
def pad(at: Passage) -> list[Axes | None]:
    """What is put around the space lies nowhere."""
    axes = at.inputs[0]
    widths, places = at.constant(1), at.constant(3)
    if "pads" in at.node.attributes:
        widths = np.array(at.numbers("pads"), np.int64)
    if axes is None or widths is None:
        return [windowed(at, None)]
    result, count = list(axes), len(widths) // 2
    for i, place in enumerate(range(count) if places is None else places.tolist()):
        before, after, axis = int(widths[i]), int(widths[i + count]), result[place]
        filling = NOWHERE if is_positional(axis) else int(axis[0]) if len(axis) else 0
        kept = axis[max(-before, 0) : len(axis) - max(-after, 0)]
        around = [np.full(max(n, 0), filling, np.int64) for n in (before, after)]
        result[place] = np.concatenate([around[0], kept, around[1]])
    return [tuple(result)]


@flow("Tile")
def tile(at: Passage) -> list[Axes | None]:
    """Entries repeated in turn."""
    repeats = at.constant(1)
    if at.first is None or repeats is None or len(repeats) != len(at.first):
        return elementwise(at)
    return [tuple(np.tile(a, int(n)) for a, n in zip(at.first, repeats, strict=True))]


@flow("Conv", "ConvInteger", "FusedConv", "NhwcConv", "NhwcFusedConv", "QLinearConv")
def convolution(at: Passage) -> list[Axes | None]:
    """The same grid where the size stays, another one where it changes."""
    return [windowed(at, _kernel(at))]


@flow("ConvTranspose", "DeformConv", "DepthToSpace", "SpaceToDepth", "Resize", "Upsample", "GridSample")
def resampling(at: Passage) -> list[Axes | None]:
    """Another grid of the same space."""
    return [windowed(at, None)]


@flow(*(f"{kind}{form}" for kind in ("AveragePool", "LpPool", "MaxPool") for form in ("", "V")))
@flow("Col2Im", "LRN", "MaxRoiPool", "MaxUnpool", "NhwcMaxPool", "QLinearAveragePool", "RoiAlign")
def window(at: Passage) -> list[Axes | None]:
    """As a convolution; a second output has the first one's positions."""
    axes = windowed(at, at.numbers("kernel_shape"))
    return [axes for _ in at.shapes]


@flow("GlobalAveragePool", "GlobalLpPool", "GlobalMaxPool", "QLinearGlobalAveragePool")
def pool_all(at: Passage) -> list[Axes | None]:
    """No position is left along the space."""
    at.mix(at.data)
    return [_kept(at.first, at.shapes[0])]


def windowed(at: Passage, kernel: Sequence[int] | None) -> Axes | None:
    """What an operator with a window, whose space lies behind batch and channels (or between them), gives."""
    shape, axes, place = at.shapes[0], at.first, at.data
    if shape is None or len(shape) < 3:
        return _kept(axes, shape)
    is_last = at.number("channels_last", 0) == 1 or at.node.op_type.startswith("Nhwc")
    space = slice(1, len(shape) - 1) if is_last else slice(2, len(shape))
    if kernel is None or any(k != 1 for k in kernel):
        at.mix(place)
    if axes is None:
        fresh = at.grids.axes(at.source, shape[space])
        rest = [blank(n) for n in shape]
        return (*rest[: space.start], *fresh, *rest[space.stop :])
    if len(axes) != len(shape):
        return None
    inner = axes[space]
    if any(map(is_positional, inner)) and all(len(a) == n for a, n in zip(inner, shape[space], strict=True)):
        return tuple(a if len(a) == n else blank(n) for a, n in zip(axes, shape, strict=True))
    if any(map(is_positional, inner)) and is_positional(axes[0]):
        # Within windows, each of which is one position from here on: that of its first entry.
        first = sum(int(a[0]) for a in axes[1:] if len(a))
        return (axes[0] + first, *(blank(n) for n in shape[1:]))
    # Another resolution: of the dimensions that the input's space has, or of all where it has shown in none so far.
    if not any(map(is_positional, inner)) and at.grids.rank(at.source) not in {None, len(inner)}:
        return tuple(blank(n) for n in shape)  # along channels, as in a gate that they pass
    has_place = [is_positional(a) or not any(map(is_positional, inner)) for a in inner]
    sizes = [n for n, has in zip(shape[space], has_place, strict=True) if has]
    anew = iter(at.grids.axes(at.source, sizes))
    middle = [next(anew) if has else blank(n) for n, has in zip(shape[space], has_place, strict=True)]
    ends = [blank(n) for n in shape]
    return (*ends[: space.start], *middle, *ends[space.stop :])


def _kernel(at: Passage) -> Sequence[int] | None:
    """The size of a convolution's window, from its attribute or its weights."""
    declared = at.numbers("kernel_shape")
    weights = at.sizes[3 if at.node.op_type.startswith("QLinear") else 1]
    return declared or (weights[2:] if weights is not None else None)


@flow("MatMul", "MatMulInteger", "FusedMatMul", "QLinearMatMul", "MatMulNBits", "MatMulIntegerToFloat")
@flow("TransposeMatMul", "FusedMatMulActivation", "MatMulBnb4", "MatMulFpQ4")
def product(at: Passage) -> list[Axes | None]:
    """Rows of the one, columns of the other; what is summed over is mixed."""
    right = 3 if at.node.op_type == "QLinearMatMul" else 1
    a, b, shape = (at.inputs[0], at.inputs[right] if right < len(at.inputs) else None, at.shapes[0])
    if shape is None or len(shape) < 2 or any(x is not None and len(x) < 2 for x in (a, b)):
        return elementwise(at)
    if a is not None and at.number("transA", 0):
        a = (*a[:-2], a[-1], a[-2])
        at.inputs[0] = a
    if b is not None and at.number("transB", 0):
        b = (*b[:-2], b[-1], b[-2])
        at.inputs[right] = b
    at.mix(0, [-1])
    at.mix(right, [-2])
    batch = broadcast([x[:-2] for x in (a, b) if x is not None], shape[:-2])
    rows = a[-2] if a is not None else blank(shape[-2])
    columns = b[-1] if b is not None else blank(shape[-1])
    return [(*batch, rows, columns)]


@flow("Gemm", "FusedGemm", "GemmFastGelu", "GemmFloat8", "QGemm")
def gemm(at: Passage) -> list[Axes | None]:
    """A product of two matrices."""
    a, shape = at.inputs[0], at.shapes[0]
    if a is None or shape is None or len(a) != 2:
        return elementwise(at)
    rows, summed = (1, 0) if at.number("transA", 0) else (0, 1)
    at.mix(0, [summed])
    return [(a[rows], blank(shape[1]))]


@flow("Einsum")
def einsum(at: Passage) -> list[Axes | None]:
    """Letters keep their axis; those that are summed over are mixed."""
    equation = at.node.attributes["equation"].as_string().replace(" ", "")
    left, arrow, right = equation.partition("->")
    shape = at.shapes[0]
    if not arrow or "." in equation or shape is None:
        return elementwise(at)
    letters: dict[str, Axis] = {}
    for place, (term, axes) in enumerate(zip(left.split(","), at.inputs, strict=True)):
        for index, letter in enumerate(term):
            if axes is None:
                continue
            if letter not in right:
                at.mix(place, [index])
            if letter not in letters or not is_positional(letters[letter]):
                letters[letter] = axes[index]
    return [tuple(letters.get(letter, blank(n)) for letter, n in zip(right, shape, strict=True))]


@flow("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd")
@flow("ReduceSum", "ReduceSumSquare", "ReduceSumInteger", "QLinearReduceMean", "ArgMax", "ArgMin")
def reduce(at: Passage) -> list[Axes | None]:
    """What is reduced is mixed and gone."""
    axes, shape = at.first, at.shapes[0]
    if axes is None or shape is None:
        return [None]
    listed = at.numbers("axes")
    if at.node.op_type.startswith("Arg"):
        listed = [at.number("axis", 0)]
    given = at.constant(1)
    places = listed if listed is not None else None if given is None else given.reshape(-1).tolist()
    if places is None:
        places = [i for i in range(len(axes)) if len(shape) != len(axes) or shape[i] != len(axes[i])]
        places = places if at.number("keepdims", 1) else list(range(len(axes)))
    gone = {p % len(axes) for p in places}
    at.mix(at.data, sorted(gone))
    left = tuple(a[:1] if i in gone else a for i, a in enumerate(axes))  # the first stands for all
    return [reshaped(left, shape)]


@flow("LayerNormalization", "RMSNormalization", "SimplifiedLayerNormalization", "SkipLayerNormalization")
@flow("LogSoftmax", "Softmax", "Hardmax", "QLinearSoftmax", "LpNormalization", "MeanVarianceNormalization", "CumSum")
@flow("SkipSimplifiedLayerNormalization", "TopK")
def normalise(at: Passage) -> list[Axes | None]:
    """Positions stay; the axes that are normalised over are mixed."""
    if at.first is None:
        return [None for _ in at.shapes]
    axis = at.number("axis", -1)
    is_tail = "Layer" in at.node.op_type or "RMS" in at.node.op_type
    at.mix(at.data, range(axis % len(at.first), len(at.first)) if is_tail else [axis])
    return [broadcast([a for a in at.inputs if a is not None], s) if s is not None else None for s in at.shapes]


@flow("BatchNormalization")
def scale(at: Passage) -> list[Axes | None]:
    """Positions stay: in inference its statistics are constants."""
    return [_kept(at.first, shape) for shape in at.shapes]


@flow(*ATTENTION)
def attention(at: Passage) -> list[Axes | None]:
    """The query's positions; every input is mixed."""
    for place in range(len(at.inputs)):
        at.mix(place)
    return [_kept(at.first, shape) for shape in at.shapes]


@flow("GRU", "LSTM", "RNN")
def recurrent(at: Passage) -> list[Axes | None]:
    """Steps stay steps, (T, directions, N, H)."""
    at.mix(0)
    axes, results = at.inputs[0], list[Axes | None]()
    for shape in at.shapes:
        is_sequence = axes is not None and shape is not None and len(shape) == 4 and shape[0] == len(axes[0])
        rest = tuple(blank(n) for n in shape) if shape is not None else None
        results.append((axes[0], *rest[1:]) if is_sequence and axes is not None and rest is not None else rest)
    return results
