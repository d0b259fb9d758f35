"""Which tensors of a model are weights: what training has set, of which a shuffle leaves nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np
import onnx_ir as ir

from onnxcam.graph import Model, between, is_quantized, is_real, nodes_within

__all__ = ["NodeWeights", "find_weights", "tensor_of"]

WEIGHTS: dict[str, tuple[int, ...]] = {
    "Attention": (1, 2),
    "BatchNormalization": (1, 2, 3, 4),
    "Conv": (1, 2),
    "ConvInteger": (1,),
    "ConvTranspose": (1, 2),
    "DeformConv": (1, 3),
    "DynamicQuantizeMatMul": (1, 4),
    "FusedConv": (1, 2),
    "FusedGemm": (0, 1, 2),
    "FusedMatMul": (0, 1),
    "GRU": (1, 2, 3),
    "Gather": (0,),
    "Gemm": (0, 1, 2),
    "GroupNorm": (1, 2),
    "GroupNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "LSTM": (1, 2, 3, 7),
    "LayerNormalization": (1, 2),
    "MatMul": (0, 1),
    "MatMulInteger": (0, 1),
    "MatMulIntegerToFloat": (1, 6),
    "MatMulNBits": (1, 5),
    "NhwcConv": (1, 2),
    "NhwcFusedConv": (1, 2),
    "PRelu": (1,),
    "QAttention": (1, 2),
    "QGemm": (3, 6),
    "QLinearConv": (3, 8),
    "QLinearMatMul": (0, 3),
    "RMSNormalization": (1,),
    "RNN": (1, 2, 3),
    "SimplifiedLayerNormalization": (1,),
    "SkipLayerNormalization": (2, 3, 4),
    "SkipSimplifiedLayerNormalization": (2, 3),
}
"""Operator -> its inputs that are weights where they are stored in the file."""

INTEGER_PRODUCTS = frozenset({"ConvInteger", "DynamicQuantizeMatMul", "MatMulInteger", "MatMulIntegerToFloat"}) | {
    *("MatMulNBits", "QAttention", "QGemm", "QLinearConv", "QLinearMatMul")
}
CARRYING = frozenset(
    {"Cast", "DequantizeLinear", "Flatten", "Identity", "QuantizeLinear", "Reshape", "Squeeze", "Transpose"}
    | {"Unsqueeze"}
)
"""Operators that hand on the numbers of their first input, and so the weights that it is."""

SCALING = frozenset({"Add", "Div", "Mul", "Sub"})


@dataclasses.dataclass(frozen=True, slots=True)
class NodeWeights:
    """The weights of one node that no node nearer to the score has.

    Attributes:
        node: Its name, or that of its first output where it has none.
        output: Name of its first output.
        tensors: Names of the initializers, and of the outputs of Constant nodes.
    """

    node: str
    output: str
    tensors: tuple[str, ...]


def find_weights(model: Model, sinks: Sequence[ir.Value]) -> tuple[tuple[NodeWeights, ...], tuple[str, ...]]:
    """The weights of the nodes that `sinks` of `model.shipped` are computed by, from the sinks to the inputs.

    Weights are the kernels, matrices, biases, scales, means and variances of convolutions, products, normalisations,
    recurrent layers, attention, embeddings (the float table of a Gather) and PRelu; and, as exporters write biases and
    scales, a float vector that is added to or multiplied with what directly comes from one of these. Stored integers
    are weights where they stand for real numbers; their scales and zero points are none. A tensor that another node
    reads in another role is left alone, as is one whose entries are all equal, and those in sub-graphs.

    Returns:
        The nodes, and notes on what is left alone.
    """
    graph = model.shipped.graph
    roles = {node: list(_weights_of(node, weighted)) for node, weighted in _in_order(graph)}
    seen = {use for chains in roles.values() for chain in chains for use in chain.uses}
    inputs = [value for value in graph.inputs if not value.is_initializer()]
    nodes, taken, found = between(graph, inputs, sinks), set[str](), []
    for node in reversed(nodes):
        names = [
            str(chain.stored.name)
            for chain in roles[node]
            if all((use.node, use.idx) in seen for v in chain.values for use in v.uses()) and _varies(chain.stored)
        ]
        fresh = tuple(name for name in dict.fromkeys(names) if name not in taken)
        taken.update(fresh)
        if fresh:
            output = str(node.outputs[0].name)
            found.append(NodeWeights(node.name or output, output, fresh))
    return tuple(found), tuple(_notes(model, nodes))


def tensor_of(value: ir.Value) -> ir.TensorProtocol | None:
    """What the file stores of a value: an initializer's tensor or a Constant node's; None for what is computed."""
    node = value.producer()
    if node is None:
        return value.const_value if value.is_initializer() else None
    if node.op_type == "Constant" and "value" in node.attributes:
        return node.attributes["value"].as_tensor()
    return None


@dataclasses.dataclass(frozen=True, slots=True)
class _Chain:
    """The way from a stored tensor to the node whose weight it is."""

    stored: ir.Value
    values: tuple[ir.Value, ...]
    uses: tuple[tuple[ir.Node, int], ...]


def _in_order(graph: ir.Graph) -> Iterator[tuple[ir.Node, frozenset[ir.Value] | set[ir.Value]]]:
    """Each node, and the values before it that come directly from weights."""
    weighted: set[ir.Value] = set()
    for node in graph:
        yield node, weighted
        if any(True for _ in _weights_of(node, weighted)) or _is_ratio(node) or _carries(node, weighted):
            weighted.update(node.outputs)


def _carries(node: ir.Node, weighted: set[ir.Value]) -> bool:
    return node.op_type in CARRYING and node.inputs[0] in weighted


def _is_ratio(node: ir.Node) -> bool:
    """Whether it may be what a normalisation that is written out divides by."""
    return node.op_type == "Div" and all(v is not None and tensor_of(v) is None for v in node.inputs)


def _weights_of(node: ir.Node, weighted: frozenset[ir.Value] | set[ir.Value]) -> Iterator[_Chain]:
    indices = WEIGHTS.get(node.op_type, ())
    if node.op_type in SCALING and any(v in weighted for v in node.inputs):
        indices = (0, 1)
    for index in indices:
        chain = _followed(node, index) if index < len(node.inputs) else None
        if chain is not None and _is_weight(chain, node):
            yield chain


def _followed(node: ir.Node, index: int) -> _Chain | None:
    """From an input back to the tensor that it hands on; None where there is none."""
    values, uses = [], []
    while True:
        value = node.inputs[index]
        if value is None:
            return None
        values.append(value)
        uses.append((node, index))
        if tensor_of(value) is not None:
            return _Chain(value, tuple(values), tuple(uses))
        maker = value.producer()
        if maker is None or maker.op_type not in CARRYING:
            return None
        node, index = maker, 0


def _is_weight(chain: _Chain, node: ir.Node) -> bool:
    tensor = tensor_of(chain.stored)
    assert tensor is not None
    if tensor.dtype.is_floating_point():
        is_real = True
    else:
        is_dequantized = any(n.op_type == "DequantizeLinear" for n, _ in chain.uses)
        is_real = node.op_type in INTEGER_PRODUCTS or (is_dequantized and _is_integer(chain.stored, tensor))
    is_vector = sum(d != 1 for d in tensor.shape.numpy()) == 1
    return is_real and (is_vector or node.op_type not in SCALING)


def _is_integer(value: ir.Value, tensor: ir.TensorProtocol) -> bool:
    return is_quantized(ir.Value(name=value.name, type=ir.TensorType(tensor.dtype)))


def _varies(value: ir.Value) -> bool:
    tensor = tensor_of(value)
    array = np.asarray(tensor.numpy()) if tensor is not None else np.zeros(1)
    return array.size > 1 and bool((array != array.reshape(-1)[0]).any())


def _notes(model: Model, nodes: Sequence[ir.Node]) -> Iterator[str]:
    inner = [n for n in nodes if any(m.op_type in WEIGHTS for m in nodes_within(n))]
    if inner:
        yield f"weights in the sub-graphs of {_listed(inner)} are left alone"
    computed = [n for n in nodes if any(_is_computed(model, n, i) for i in WEIGHTS.get(n.op_type, ()))]
    if computed:
        yield f"weights that are computed from others are left alone, at {_listed(computed)}"


def _is_computed(model: Model, node: ir.Node, index: int) -> bool:
    if index >= len(node.inputs) or node.inputs[index] is None or _followed(node, index) is not None:
        return False
    value = model.value(str(node.inputs[index].name))  # type: ignore[union-attr]
    return model.constants.is_constant(value) and is_real(value)


def _listed(nodes: Sequence[ir.Node]) -> str:
    names = [f"'{n.name or n.outputs[0].name}'" for n in nodes]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if names[3:] else "")
