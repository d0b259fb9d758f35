"""Types and shapes of elementwise operators, known without asking onnx: most of a gradient's nodes are of this kind."""

from __future__ import annotations

import onnx_ir as ir

__all__ = ["infer_elementwise"]

COMPARISONS = frozenset({"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"})
ELEMENTWISE = COMPARISONS | frozenset(
    {"Abs", "Add", "And", "Cast", "Div", "Exp", "Max", "Min", "Mul", "Neg", "Not", "Or", "Pow", "Reciprocal"}
    | {"Sigmoid", "Sign", "Sqrt", "Sub", "Sum", "Tanh", "Where"}
    | {"Elu", "HardSigmoid", "LeakyRelu", "Softplus", "Softsign"}
)


def infer_elementwise(node: ir.Node) -> bool:
    """Give the node's output its type and shape, if that is plain; whether it is.

    Plain is an elementwise operator of which one operand has the output's shape by what is known of all: each other has
    the same shape, or one element.
    """
    if node.op_type not in ELEMENTWISE or node.domain:
        return False
    operands = [v for v in node.inputs if v is not None]
    if not operands or any(v.shape is None or v.dtype is None for v in operands):
        return False
    widest = max((v.shape for v in operands if v.shape is not None), key=lambda s: (s.rank(), not _is_single(s)))
    if any(v.shape is not widest and not _fits(v.shape, widest) for v in operands):
        return False
    (output,) = node.outputs
    output.shape = widest.copy()
    output.dtype = _dtype(node, operands)
    return True


def _fits(shape: ir.Shape | None, widest: ir.Shape) -> bool:
    """Whether a broadcast of `shape` with `widest`, whose rank is no lower, has the shape `widest`."""
    assert shape is not None
    if _is_single(shape):
        return True
    return shape.rank() == widest.rank() and all(
        a == b and (isinstance(a, int) or a.value is not None) for a, b in zip(shape, widest, strict=True)
    )


def _is_single(shape: ir.Shape) -> bool:
    return all(d == 1 for d in shape)


def _dtype(node: ir.Node, operands: list[ir.Value]) -> ir.DataType:
    if node.op_type in COMPARISONS:
        return ir.DataType.BOOL
    if node.op_type == "Cast":
        return ir.DataType(node.attributes["to"].as_int())
    found = operands[1 if node.op_type == "Where" else 0].dtype
    assert found is not None
    return found
