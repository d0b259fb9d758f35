"""Shapes, or ranks at least, of outputs for which onnx's inference finds none."""

from __future__ import annotations

import onnx_ir as ir

__all__ = ["known_shape"]

# Outputs of the first input's shape: operators of ONNX 1.0's experimental set, which ONNX Runtime still runs, and
# functions whose bodies stop inference (in double precision, or always).
SHAPE_KEEPING = frozenset({"Affine", "ImageScaler", "ParametricSoftplus", "ScaledTanh"}) | frozenset(
    {"Dropout", "Elu", "GroupNormalization", "HardSigmoid", "LeakyRelu", "Selu"}
)


def known_shape(node: ir.Node) -> ir.Shape | None:
    """The shape of each output of `node`, as far as the operator and its inputs' ranks settle it."""
    first = node.inputs[0].shape if node.inputs and node.inputs[0] is not None else None
    if node.op_type == "Reshape":
        return _reshaped(node)
    if first is None or node.domain != "":
        return None
    if node.op_type in SHAPE_KEEPING:
        return ir.Shape(first)
    if node.op_type == "Compress" and "axis" not in node.attributes:
        return ir.Shape([None])
    if node.op_type in {"Compress", "Split"} or (node.op_type.startswith("Reduce") and _keeps_rank(node)):
        return ir.Shape([None] * first.rank())
    return _summed(node) if node.op_type == "Einsum" else None


def _reshaped(node: ir.Node) -> ir.Shape | None:
    """As many dimensions as there are sizes, whatever these turn out to be."""
    sizes = node.inputs[1].shape if len(node.inputs) > 1 and node.inputs[1] is not None else None
    if sizes is not None and sizes.rank() == 1 and isinstance(sizes[0], int):
        return ir.Shape([None] * sizes[0])
    return None


def _keeps_rank(node: ir.Node) -> bool:
    return "keepdims" not in node.attributes or node.attributes["keepdims"].as_int() == 1


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
