"""Shapes, or ranks at least, of outputs for which onnx's inference finds none."""

from __future__ import annotations

import onnx_ir as ir

from onnxcam.graph.constants import Constants

__all__ = ["decided_shape", "is_rounded_up", "known_shape"]

Size = int | ir.SymbolicDim | None

# Outputs of the first input's shape: operators of ONNX 1.0's experimental set, which ONNX Runtime still runs, and
# functions whose bodies stop inference (in double precision, or always).
SHAPE_KEEPING = frozenset({"Affine", "ImageScaler", "ParametricSoftplus", "Scale", "ScaledTanh"}) | frozenset(
    {"Dropout", "Elu", "GroupNormalization", "HardSigmoid", "LeakyRelu", "Selu"}
)

RANK_KEEPING = frozenset({"CenterCropPad", "Compress", "Conv", "ConvTranspose", "Pad", "Resize", "Split", "Upsample"})
RANK_KEEPING |= {"ConvTransposeWithDynamicPads", "CropAndResize", "DeformConv", "DynamicSlice"}


def is_rounded_up(node: ir.Node | None) -> bool:
    """Whether `node` is a pool whose output size is rounded up."""
    if node is None or node.op_type not in {"AveragePool", "LpPool", "MaxPool"}:
        return False
    return "ceil_mode" in node.attributes and node.attributes["ceil_mode"].as_int() == 1


def is_attention(node: ir.Node) -> bool:
    """Whether `node` is the standard's Attention."""
    return node.op_type == "Attention" and node.domain == ""


def decided_shape(value: ir.Value, constants: Constants) -> ir.Shape | None:
    """The shape of what an If makes whose condition is known without a run; a squeeze is often exported as one."""
    node, place = value.producer(), value.index()
    if node is None or place is None or node.op_type != "If":
        return None
    condition = constants.array(node.inputs[0])
    if condition is None:
        return None
    return node.attributes["then_branch" if condition.item() else "else_branch"].as_graph().outputs[place].shape


def known_shape(value: ir.Value) -> ir.Shape | None:
    """The shape of a computed value, as far as its operator and the ranks of that one's inputs settle it."""
    node = value.producer()
    if node is None:
        return None
    if node.op_type == "Loop":
        return _carried(node, value)
    first = node.inputs[0].shape if node.inputs and node.inputs[0] is not None else None
    if node.op_type == "Reshape":
        return _as_many_as_sizes(node)
    if node.op_type == "Col2Im":
        return _as_many_as_sizes(node, before=2)
    if first is not None and is_rounded_up(node):
        return _pooled(node, first)
    if first is not None and node.domain == "ai.onnx.ml":
        return _classical(value, first)
    if first is None or node.domain not in {"", "com.microsoft"}:
        return None
    if is_attention(node):
        return _attended(value)
    if node.op_type in SHAPE_KEEPING:
        return ir.Shape(first)
    if node.op_type == "Compress" and "axis" not in node.attributes:
        return ir.Shape([None])
    if node.op_type == "STFT":
        return ir.Shape([None] * 4)
    if node.op_type.startswith("Reduce"):
        return _reduced(node, first.rank())
    if node.op_type in RANK_KEEPING:
        return ir.Shape([None] * first.rank())
    return _summed(node) if node.op_type == "Einsum" else None


def _carried(node: ir.Node, value: ir.Value) -> ir.Shape | None:
    """A Loop's state has the rank that it begins with, unless the body is known to give it another."""
    place = value.index()
    assert place is not None
    state = node.inputs[2 + place] if place + 2 < len(node.inputs) else None
    after = node.attributes["body"].as_graph().outputs[1 + place].shape
    if state is not None and isinstance(state.type, ir.SequenceType) and after is not None:
        return ir.Shape([None] * after.rank())  # an empty sequence has no shape to begin with
    if state is None or state.shape is None:
        return None
    is_kept = after is None or after.rank() == state.shape.rank()
    return ir.Shape([None] * state.shape.rank()) if is_kept else None


def _as_many_as_sizes(node: ir.Node, before: int = 0) -> ir.Shape | None:
    """As many dimensions as the second input has sizes, whatever these turn out to be, and those before them."""
    sizes = node.inputs[1].shape if len(node.inputs) > 1 and node.inputs[1] is not None else None
    if sizes is not None and sizes.rank() == 1 and isinstance(sizes[0], int):
        return ir.Shape([None] * (before + sizes[0]))
    return None


def _classical(value: ir.Value, first: ir.Shape) -> ir.Shape | None:
    """Features as they came in, and rows of what is computed of them; a classifier's first output is the classes."""
    node = value.producer()
    assert node is not None
    if node.op_type in {"Binarizer", "Imputer", "Normalizer", "Scaler"}:
        return ir.Shape(first)
    if node.op_type == "ArrayFeatureExtractor":
        return ir.Shape([None] * max(first.rank(), 2))
    rows = first[0] if first.rank() == 2 else 1
    if node.op_type in {"LinearRegressor", "SVMRegressor"}:
        return ir.Shape([rows, node.attributes["targets"].as_int() if "targets" in node.attributes else 1])
    if node.op_type in {"FeatureVectorizer", "TreeEnsembleRegressor"}:
        return ir.Shape([rows, None])
    if node.op_type.endswith("Classifier"):
        return ir.Shape([rows, None] if value.index() else [rows])
    return None


def _attended(value: ir.Value) -> ir.Shape | None:
    """Attention's result; the keys and the values, those of the past before them; the products of queries and keys."""
    node, place = value.producer(), value.index()
    assert node is not None
    assert place is not None
    shapes = [v.shape if v is not None else None for v in (*node.inputs, *[None] * 6)]
    q, k, v, past = shapes[0], shapes[1], shapes[2], shapes[4]
    if q is None or k is None or v is None:
        return None
    heads, queries, _ = _per_head(node, q, "q_num_heads")
    groups, keys, size = _per_head(node, k, "kv_num_heads")
    _, _, depth = _per_head(node, v, "kv_num_heads")
    if past is not None:
        keys = past[2] + keys if isinstance(past[2], int) and isinstance(keys, int) else None
    result: list[Size] = [q[0], heads, queries, depth]
    if q.rank() == 3:
        result = [q[0], queries, heads * depth if isinstance(heads, int) and isinstance(depth, int) else None]
    return ir.Shape(
        [result, [q[0], groups, keys, size], [q[0], groups, keys, depth], [q[0], heads, queries, keys]][place]
    )


def _per_head(node: ir.Node, shape: ir.Shape, name: str) -> tuple[Size, Size, Size]:
    """How many heads, how long, and of which size; three dimensions hold the heads side by side."""
    if shape.rank() == 4:
        return shape[1], shape[2], shape[3]
    heads, width = node.attributes[name].as_int(), shape[2]
    return heads, shape[1], width // heads if isinstance(width, int) else None


def _pooled(node: ir.Node, given: ir.Shape) -> ir.Shape:
    """Sizes of a pool that rounds up; a last window that would start beyond the input and its padding is dropped.

    Source: MaxPool since version 22; PyTorch and ONNX Runtime do the same at every version.
    """
    kernel = node.attributes["kernel_shape"].as_ints()
    rank = len(kernel)
    is_padded_by_rule = "auto_pad" in node.attributes and node.attributes["auto_pad"].as_string() != "NOTSET"
    filled = {"strides": [1] * rank, "dilations": [1] * rank, "pads": [0] * 2 * rank}
    filled |= {k: list(a.as_ints()) for k, a in node.attributes.items() if k in filled}
    sizes: list[Size] = list(given[:2])
    for axis, size in enumerate(given[2:]):
        if not isinstance(size, int) or is_padded_by_rule:
            sizes.append(None)
            continue
        stride, before, after = filled["strides"][axis], filled["pads"][axis], filled["pads"][rank + axis]
        extent = (kernel[axis] - 1) * filled["dilations"][axis] + 1
        count = -(-(size + before + after - extent) // stride) + 1
        sizes.append(count - ((count - 1) * stride >= size + before))
    return ir.Shape(sizes)


def _reduced(node: ir.Node, rank: int) -> ir.Shape | None:
    """The rank that is left, whichever axes go, where it is known how many."""
    if "keepdims" not in node.attributes or node.attributes["keepdims"].as_int() == 1:
        return ir.Shape([None] * rank)
    axes = node.inputs[1] if len(node.inputs) > 1 else None
    count = axes.shape[0] if axes is not None and axes.shape is not None and axes.shape.rank() == 1 else None
    return ir.Shape([None] * (rank - count)) if isinstance(count, int) and count else None


def _summed(node: ir.Node) -> ir.Shape | None:
    """An Einsum's letters, and the dimensions that its ellipsis stands for."""
    equation = node.attributes["equation"].as_string().replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        right = "..." * ("..." in left) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    spread = 0
    for term, value in zip(terms, node.inputs, strict=True):
        if "..." in term:
            if value is None or value.shape is None:
                return None
            spread = max(spread, value.shape.rank() - len(term.replace("...", "")))
    return ir.Shape([None] * (len(right.replace("...", "")) + spread * ("..." in right)))
