"""Stand-ins for ONNX Runtime's own operators that no optimiser makes: exporters and hands write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx_ir as ir

from onnxcam.graph.stand_ins.register import Sketch, stand_in

END = int(np.iinfo(np.int64).max)


@stand_in("EngramGate", "HyperConnectionPostMix", "Inverse", "SampleOp", "Trilu")
def same(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity, for each output."""
    return [sketch.op("Identity", node.inputs[:1]) for _ in node.outputs]


@stand_in("NGramRepeatBlock")
def second(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Identity of the second input."""
    return sketch.op("Identity", node.inputs[1:2])


@stand_in("LinearAttentionGate")
def gates(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Identity of the first and the last input."""
    return [sketch.op("Identity", [node.inputs[i]]) for i in (0, 3)[: len(node.outputs)]]


@stand_in("ExpandDims")
def expand_dims(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Unsqueeze."""
    x, axis = node.inputs[0], _constant(node, 1)
    if axis is None or (axis[0] < 0 and (x is None or x.shape is None)):
        return []
    rank = x.shape.rank() if x is not None and x.shape is not None else 0
    return [sketch.unsqueezed(x, axis[0] + rank + 1 if axis[0] < 0 else axis[0])]


@stand_in("Pad")
def pad(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Pad."""
    pads = _constant(node, 1)
    if pads is None:
        return []
    if sketch.opset < 11:
        return [sketch.op("Pad", node.inputs[:1], {"pads": pads})]
    return [sketch.op("Pad", [node.inputs[0], sketch.integers(*pads)])]


@stand_in("GatherND")
def gather_nd(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """GatherND, where the standard has it."""
    return [sketch.op("GatherND", node.inputs)] if sketch.opset >= 11 else []


@stand_in("Range")
def ramp(sketch: Sketch, node: ir.Node) -> ir.Value:
    """A list, cut to a length that only the run knows."""
    return _cut(sketch, sketch.op("Reshape", [node.inputs[0], sketch.integers(-1)]), 0)


@stand_in("Unique")
def unique(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Unique, where the standard has it."""
    if sketch.opset < 11:
        return [_cut(sketch, sketch.op("Identity", node.inputs), 0)]
    y, _, inverse, counts = sketch.op_multi_out("Unique", node.inputs, num_outputs=4)
    return y, inverse, counts


@stand_in("UnfoldTensor")
def unfold(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """A Slice for each position in a window, side by side."""
    given = {"size": 0, "step": 1, "dim": -1} | {n: a.as_int() for n, a in node.attributes.items()}
    if sketch.opset < 11:
        return []
    bounds = [sketch.integers(*v) for v in ([0], [1 - given["size"] or END], [given["dim"]], [given["step"]])]
    first = sketch.unsqueezed(sketch.op("Slice", [node.inputs[0], *bounds]), -1)
    return [sketch.op("Concat", [first] * given["size"], {"axis": -1})]


@stand_in("GridSample")
def grid_sample(sketch: Sketch, node: ir.Node) -> ir.Value:
    """The sum of what has the image's channels and what has the grid's positions."""
    x, grid = node.inputs
    positions = sketch.op("Transpose", [sketch.reduced(grid, [3])], {"perm": [0, 3, 1, 2]})
    return sketch.op("Add", [sketch.reduced(x, [2, 3]), positions])


@stand_in("CropAndResize")
def crop_and_resize(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """The sum of what has the image's channels, the regions and the crop's positions."""
    size = _constant(node, 3)
    if size is None:
        return []
    regions = sketch.unsqueezed(sketch.unsqueezed(sketch.reduced(node.inputs[1], [1]), 2), 3)
    total = sketch.op("Add", [sketch.reduced(node.inputs[0], [0, 2, 3]), regions])
    return [sketch.op("Add", [total, sketch.zeros(1, 1, *size)])]


@stand_in("CDist")
def distances(sketch: Sketch, node: ir.Node) -> ir.Value:
    """MatMul."""
    return sketch.op("MatMul", [node.inputs[0], sketch.op("Transpose", node.inputs[1:])])


@stand_in("ComplexMul", "ComplexMulConj")
def complex_product(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Add."""
    return sketch.op("Add", node.inputs)


@stand_in("Rfft")
def rfft(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Every second element of the signal and one more, twice."""
    if sketch.opset < 11:
        return []
    x = node.inputs[0]
    longer = sketch.op("Concat", [x, sketch.sliced(x, [-1], [END], [-1])], {"axis": -1})
    halved = sketch.op("Slice", [longer, *(sketch.integers(v) for v in (0, END, -1, 2))])
    part = sketch.unsqueezed(halved, -1)
    return [sketch.op("Concat", [part, part], {"axis": -1})]


@stand_in("Irfft")
def irfft(sketch: Sketch, node: ir.Node) -> ir.Value:
    """One part, cut to a length that only the run knows."""
    return _cut(sketch, sketch.reduced(node.inputs[0], [-1], keepdims=0), -1)


@stand_in("HyperConnectionPreMix")
def pre_mix(sketch: Sketch, node: ir.Node) -> ir.Value:
    """A reduction over the streams, or one of them."""
    branches = node.attributes["num_branches"].as_int() if "num_branches" in node.attributes else 0
    return (
        sketch.split(node.inputs[0], -1, branches)[0] if branches else sketch.reduced(node.inputs[0], [-2], keepdims=0)
    )


@stand_in("HyperConnectionLowRankMix")
def low_rank_mix(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """One stream, MatMul, Identity."""
    x, inject = node.inputs[0], node.inputs[4]
    one = sketch.split(x, -1, node.attributes["num_branches"].as_int())[0]
    return one, sketch.op("MatMul", [x, inject]), sketch.op("Identity", [x])


@stand_in("RouterGateUpProj")
def router_gate_up(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """MatMul, cut in two; half of the second."""
    product, size = sketch.op("MatMul", node.inputs), node.attributes["router_size"].as_int()
    rest = sketch.sliced(product, [size], [END], [-1])
    return sketch.sliced(product, [0], [size], [-1]), sketch.split(rest, -1, 2)[0]


@stand_in("Crop", domain="")
def crop(sketch: Sketch, node: ir.Node) -> ir.Value:
    """Slice."""
    left, top, right, bottom = node.attributes["border"].as_ints()
    ends = [-bottom or END, -right or END]
    if "scale" in node.attributes:
        height, width = node.attributes["scale"].as_ints()
        ends = [top + height, left + width]
    return sketch.sliced(node.inputs[0], [top, left], ends, [2, 3])


@stand_in("DynamicSlice", domain="")
def dynamic_slice(sketch: Sketch, node: ir.Node) -> Sequence[ir.Value]:
    """Slice."""
    starts, ends = _constant(node, 1), _constant(node, 2)
    if starts is None or ends is None:
        return []
    axes = list(range(len(starts))) if len(node.inputs) < 4 else _constant(node, 3)
    return [sketch.sliced(node.inputs[0], starts, ends, axes)] if axes is not None else []


def _constant(node: ir.Node, index: int) -> list[int] | None:
    """An input's integers, if it is an initializer."""
    value = node.inputs[index]
    return (
        value.const_value.numpy().reshape(-1).tolist() if value is not None and value.const_value is not None else None
    )


def _cut(sketch: Sketch, x: ir.Value, axis: int) -> ir.Value:
    """`x` with an unknown size along an axis."""
    kept = sketch.op("Cast", [sketch.op("Reshape", [x, sketch.integers(-1)])], {"to": ir.DataType.BOOL})
    return sketch.op("Compress", [x, kept], {"axis": axis})
