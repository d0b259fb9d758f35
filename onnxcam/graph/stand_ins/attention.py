"""Stand-ins for ONNX Runtime's forms of attention: the products, without what is added or scaled between them."""

from __future__ import annotations

from collections.abc import Sequence

import onnx_ir as ir

from onnxcam.graph.stand_ins.register import Sketch, stand_in

Operand = ir.Value | None


@stand_in("Attention")
def attention(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """MatMul, Split and the products; Concat."""
    sizes, heads = node.attributes.get("qkv_hidden_sizes"), _heads(node)
    parts = sketch.split(sketch.op("MatMul", node.inputs[:2]), -1, sizes.as_ints() if sizes is not None else 3)
    q, k, v = (_split_heads(sketch, part, heads) for part in parts)
    y, _ = _attended(sketch, q, k, v)
    if len(node.outputs) < 2:
        return [y]
    past = _input(node, 4)
    present = sketch.op("Concat", [sketch.unsqueezed(x, 0) for x in (k, v)], {"axis": 0})
    return [y, present if past is None else sketch.op("Concat", [past, present], {"axis": 3})]


@stand_in("MultiHeadAttention")
def multi_head_attention(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """The products; Concat of the past and the keys, and of it and the values."""
    return _over_past(sketch, node, _input(node, 6), _input(node, 7))


@stand_in("DecoderMaskedMultiHeadAttention")
def decoder_masked_attention(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """As MultiHeadAttention; in a buffer that is shared, the keys and values are where the past is."""
    shared = node.attributes.get("past_present_share_buffer")
    y, *others = _over_past(sketch, node, _input(node, 5), _input(node, 6))
    if shared is None or not shared.as_int():
        return [y, *others]
    return [y, *(sketch.op("Identity", [_input(node, i)]) for i in (5, 6)[: len(node.outputs) - 1])]


def _over_past(sketch: Sketch, node: ir.Node, past_key: Operand, past_value: Operand) -> Sequence[ir.Value]:
    q, k, v = _operands(sketch, node)
    if past_key is not None and past_value is not None:
        k, v = (sketch.op("Concat", [old, new], {"axis": 2}) for old, new in ((past_key, k), (past_value, v)))
    y, products = _attended(sketch, q, k, v)
    return [y, *(sketch.op("Identity", [x]) for x in (k, v, products)[: len(node.outputs) - 1])]


def _operands(sketch: Sketch, node: ir.Node) -> Sequence[Operand]:
    """Queries, keys and values, (B, N, S, H); inputs of unknown rank pass for three-dimensional ones."""
    heads, (query, key, value) = _heads(node), (_input(node, i) for i in range(3))
    if key is None and _rank(query) == 5:
        return _unpacked(sketch, query, 3)
    if key is None:
        return [_split_heads(sketch, part, heads) for part in sketch.split(query, -1, 3)]
    if value is None:
        return [_split_heads(sketch, query, heads), *_unpacked(sketch, key, 2)]
    return [x if _rank(x) == 4 else _split_heads(sketch, x, heads) for x in (query, key, value)]


def _attended(sketch: Sketch, q: Operand, k: Operand, v: Operand) -> tuple[ir.Value, ir.Value]:
    """The result, (B, S, N·H), and the products of queries and keys."""
    products = sketch.op("MatMul", [q, sketch.op("Transpose", [k], {"perm": [0, 1, 3, 2]})])
    mixed = sketch.op("Transpose", [sketch.op("MatMul", [products, v])], {"perm": [0, 2, 1, 3]})
    return sketch.op("Reshape", [mixed, sketch.integers(0, 0, -1)]), products


def _split_heads(sketch: Sketch, x: Operand, heads: int) -> ir.Value:
    split = sketch.op("Reshape", [x, sketch.integers(0, 0, heads, -1)])
    return sketch.op("Transpose", [split], {"perm": [0, 2, 1, 3]})


def _unpacked(sketch: Sketch, x: Operand, count: int) -> list[ir.Value]:
    parts = (sketch.squeezed(part, 3) for part in sketch.split(x, 3, count))
    return [sketch.op("Transpose", [part], {"perm": [0, 2, 1, 3]}) for part in parts]


def _heads(node: ir.Node) -> int:
    return node.attributes["num_heads"].as_int()


def _input(node: ir.Node, index: int) -> Operand:
    return node.inputs[index] if index < len(node.inputs) else None


def _rank(x: Operand) -> int | None:
    return x.shape.rank() if x is not None and x.shape is not None else None


@stand_in("GroupQueryAttention")
def group_query_attention(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Split where operands are packed; the keys and values, or any number of those of the past."""
    heads, groups = _heads(node), node.attributes["kv_num_heads"].as_int()
    query, key, value = (_input(node, i) for i in range(3))
    if key is None:
        together = sketch.op("Reshape", [query, sketch.integers(0, 0, heads + 2 * groups, -1)])
        q, k, v = sketch.split(together, 2, [heads, groups, groups])
        y = sketch.op("Reshape", [q, sketch.integers(0, 0, -1)])
        present = [sketch.op("Transpose", [x], {"perm": [0, 2, 1, 3]}) for x in (k, v)]
    else:
        y = sketch.op("Identity", [query])
        present = [_split_heads(sketch, x, groups) for x in (key, value)]
    past = [_input(node, i) for i in (3, 4)]
    if past[0] is not None:
        present = [_any_number(sketch, x) for x in past]
    return [y, *present][: len(node.outputs)]


def _any_number(sketch: Sketch, x: Operand) -> ir.Value:
    """As many rows of `x` as a run says."""
    found = sketch.op("NonZero", [sketch.zeros(1)])
    return sketch.op("Gather", [x, sketch.op("Reshape", [found, sketch.integers(-1)])], {"axis": 2})


@stand_in("LinearAttention")
def linear_attention(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """The products without those of keys; the keys' products with the values."""
    heads, groups = (node.attributes[n].as_int() for n in ("q_num_heads", "kv_num_heads"))
    count = max(heads, groups)
    k, v = (_split_heads(sketch, _input(node, i), groups) for i in (1, 2))
    state = sketch.op("MatMul", [sketch.op("Transpose", [k], {"perm": [0, 1, 3, 2]}), v])
    values = sketch.op("Reshape", [_input(node, 2), sketch.integers(0, 0, groups, -1)])
    one, _ = sketch.split(values, 2, [1, groups - 1]) if groups > 1 else (values, None)
    y = sketch.op("Concat", [one] * count, {"axis": 2})
    return [sketch.op("Reshape", [y, sketch.integers(0, 0, -1)]), state]


@stand_in("CausalConvWithState")
def causal_convolution(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity, of the input and of the state; where none is given, an Expand of the input."""
    x, weight, past = _input(node, 0), _input(node, 1), _input(node, 3)
    y = sketch.op("Identity", [x])
    if past is not None:
        return [y, sketch.op("Identity", [past])]
    if _rank(x) is None or weight is None or weight.shape is None or not isinstance(weight.shape[2], int):
        return [y]
    dilation, is_last = (node.attributes.get(name) for name in ("dilation", "channels_last"))
    axis = 1 if is_last is not None and is_last.as_int() else 2
    sizes = [1] * (_rank(x) or 0)
    sizes[axis] = (weight.shape[2] - 1) * (dilation.as_int() if dilation is not None else 1)
    return [y, sketch.op("Expand", [sketch.reduced(x, [axis]), sketch.integers(*sizes)])]
