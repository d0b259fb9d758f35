"""The same network as Keras and JAX lay it out: channels last everywhere, a Transpose before and behind each Conv."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import helper

TO_FIRST, TO_LAST = [0, 3, 1, 2], [0, 2, 3, 1]
CHANNELS_FIRST = frozenset({"AveragePool", "BatchNormalization", "Conv", "MaxPool"})
"""Operators that ONNX has for channels first only."""
ANY_LAYOUT = frozenset(
    {
        "Add",
        "Clip",
        "Constant",
        "Div",
        "Flatten",
        "Gemm",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "Mul",
        "Relu",
        "Sigmoid",
    }
)
"""Operators that work entry by entry, or behind the pooling."""


def with_channels_last(path: Path) -> Path:
    """A file beside `path`: its input (N, H, W, C), and every activation between the convolutions too."""
    model = onnx.shape_inference.infer_shapes(onnx.load(path))
    graph = model.graph
    pictures = {v.name for v in (*graph.input, *graph.value_info) if len(v.type.tensor_type.shape.dim) == 4}
    nodes = [new for node in graph.node for new in _rewritten(node, pictures)]
    del graph.node[:], graph.value_info[:]
    graph.node.extend(nodes)
    dims = graph.input[0].type.tensor_type.shape.dim
    channels = dims[1].dim_value
    dims[1].dim_value, dims[3].dim_value = dims[3].dim_value, channels
    onnx.checker.check_model(model)
    saved = path.with_name(f"channels-last-{path.name}")
    onnx.save(model, saved)
    return saved


def _rewritten(node: onnx.NodeProto, pictures: set[str]) -> Iterator[onnx.NodeProto]:
    if node.op_type in CHANNELS_FIRST:
        (output,) = node.output
        first, result = f"{output}/first", f"{output}/result"
        yield helper.make_node("Transpose", [node.input[0]], [first], f"{node.name}/before", perm=TO_FIRST)
        node.input[0], node.output[0] = first, result
        yield node
        yield helper.make_node("Transpose", [result], [output], f"{node.name}/behind", perm=TO_LAST)
    elif node.op_type == "GlobalAveragePool":
        yield helper.make_node("ReduceMean", list(node.input), list(node.output), node.name, axes=[1, 2], keepdims=1)
    elif node.op_type == "Concat" and node.output[0] in pictures:
        (axis,) = node.attribute
        axis.i = {1: 3}[axis.i]
        yield node
    else:
        assert node.op_type in ANY_LAYOUT, f"{node.op_type} is not known here"
        yield node
