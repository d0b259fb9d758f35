"""Operators that sum along axes, or are scaled by what they sum: products, reductions, normalisations, attention."""

from __future__ import annotations

from onnxcam.space.axes import Axes, Axis, blank, broadcast, is_positional, reshaped
from onnxcam.space.flows.passage import Passage, elementwise, flow, kept

__all__ = ["ATTENTION", "attention", "einsum", "gemm", "normalise", "product", "recurrent", "reduce", "scale"]

ATTENTION = frozenset({"Attention", "DecoderMaskedMultiHeadAttention", "DecoderMaskedSelfAttention"}) | frozenset(
    {"GroupQueryAttention", "LinearAttention", "LongformerAttention", "MultiHeadAttention", "PackedAttention"}
    | {"PackedMultiHeadAttention", "QAttention", "QOrderedAttention", "SparseAttention"}
)
"""Operators that mix tokens as attention does, in one node."""


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
    return [kept(at.first, shape) for shape in at.shapes]


@flow(*ATTENTION)
def attention(at: Passage) -> list[Axes | None]:
    """The query's positions; every input is mixed."""
    for place in range(len(at.inputs)):
        at.mix(place)
    return [kept(at.first, shape) for shape in at.shapes]


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
