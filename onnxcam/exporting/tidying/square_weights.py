"""Products with square matrices, written so that every runtime gets them right."""

from __future__ import annotations

import onnx_ir as ir

__all__ = ["put_square_weights_left"]


def put_square_weights_left(graph: ir.Graph) -> None:
    """Write each product by a square matrix from the right, `x·w`, as `(wᵀ·xᵀ)ᵀ`. The graph is changed.

    A gradient multiplies by the transposes of the weights that the model multiplies by. OpenVINO 2026.4 on the CPU
    keeps one packed copy of a matrix that stands on the right in two products, and takes it for both: where it is
    square, no shape tells it from its transpose, and the result is silently another. On the left it is not packed.
    """
    for node in list(graph):
        if node.op_type not in ("MatMul", "Gemm") or len(node.inputs) != 2:
            continue
        left, right = node.inputs
        if left is None or right is None or left.shape is None or left.shape.rank() < 2 or not _is_square(right):
            continue
        made = _gemm(node, left, right) if node.op_type == "Gemm" else _matmul(node, left, right)
        made[-1].name, result = node.name, node.outputs[0]
        made[-1].outputs[0].type, made[-1].outputs[0].shape = result.type, result.shape
        graph.insert_before(node, made)
        ir.convenience.replace_all_uses_with(result, made[-1].outputs[0], replace_graph_outputs=True)
        graph.remove(node)
        made[-1].outputs[0].name = result.name


def _is_square(value: ir.Value) -> bool:
    dims = list(value.shape) if value.shape is not None else []
    return len(dims) == 2 and isinstance(dims[0], int) and dims[0] > 1 and dims[0] == dims[1]


def _gemm(node: ir.Node, left: ir.Value, right: ir.Value) -> list[ir.Node]:
    turns_left, turns_right = (node.attributes.get_int(name, 0) for name in ("transA", "transB"))
    alpha = node.attributes.get_float("alpha", 1.0)
    attributes = {"transA": 1 - turns_right, "transB": 1 - turns_left, "alpha": alpha}
    product = ir.node("Gemm", [right, left], attributes, name=f"{node.name}_left")
    return [_named(product), _turned(product.outputs[0], 2, f"{node.name}_back")]


def _matmul(node: ir.Node, left: ir.Value, right: ir.Value) -> list[ir.Node]:
    assert left.shape is not None
    rank, maker = left.shape.rank(), right.producer()
    turned = _turned(left, rank, f"{node.name}_right")
    if maker is not None and maker.op_type == "Transpose":  # of a matrix: its axes swapped
        weights = [maker.inputs[0]]
        first = [turned]
    else:
        first = [turned, _turned(right, 2, f"{node.name}_weights")]
        weights = [first[1].outputs[0]]
    product = _named(ir.node("MatMul", [*weights, turned.outputs[0]], name=f"{node.name}_left"))
    return [*first, product, _turned(product.outputs[0], rank, f"{node.name}_back")]


def _turned(value: ir.Value, rank: int, name: str) -> ir.Node:
    """The last two axes swapped."""
    return _named(ir.node("Transpose", [value], {"perm": [*range(rank - 2), rank - 1, rank - 2]}, name=name))


def _named(node: ir.Node) -> ir.Node:
    node.outputs[0].name = node.name
    return node
