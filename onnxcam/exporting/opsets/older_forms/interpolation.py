"""Interpolation as products: along each axis that changes, with a matrix of weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from onnxcam.exporting.opsets.dimensions import Size, sizes_of
from onnxcam.exporting.opsets.register import NoForm
from onnxcam.exporting.opsets.writer import Writer

__all__ = ["NEWER", "interpolated"]

WAYS = frozenset({"asymmetric", "half_pixel", "pytorch_half_pixel"})
"""Where all runtimes compute the same; of the others, and of the nearest, each has its own idea."""
NEWER = ("antialias", "axes", "keep_aspect_ratio_policy")
"""Attributes of Resize that opset 18 brought."""
LARGEST = 1 << 22
"""Weights of an axis, beyond which an older form costs too much."""


def interpolated(op: Writer, node: ir.Node) -> Any:
    """What Resize makes, linear or cubic; by weights that are known, or, if linear, computed.

    The order of a sum may differ, and ONNX Runtime computes the weights in float32.
    """
    way, mode = op.attribute(node, "coordinate_transformation_mode"), op.attribute(node, "mode")
    if way not in WAYS or mode == "nearest":
        raise NoForm(f"it goes by {way}, {mode}")
    made, rank = node.inputs[0], op.rank(node.inputs[0])
    weights = {axis: _weights(op, node, axis) for axis in range(rank)}
    for axis, matrix in weights.items():
        if matrix is None:
            continue
        if axis == rank - 1:
            made = op.MatMul(made, matrix)
        elif axis == rank - 2:
            made = op.MatMul(op.Transpose(matrix, perm=[1, 0]) if isinstance(matrix, ir.Value) else matrix.T, made)
        else:
            order = [*(i for i in range(rank) if i != axis), axis]
            made = op.MatMul(op.Transpose(made, perm=order), matrix)
            made = op.Transpose(made, perm=[order.index(i) for i in range(rank)])
    return made


def _weights(op: Writer, node: ir.Node, axis: int) -> Any:
    """The matrix (before, after) of an axis; None where it stays as it is."""
    value, scales = node.inputs[0], op.known(node.inputs[2])
    assert value is not None
    assert value.shape is not None
    before = value.shape[axis]
    if len(node.inputs) < 4 or node.inputs[3] is None:
        if scales is None or scales.size == 0:
            raise NoForm("its scales are computed")
        scale = float(scales[axis])
        if scale == 1:
            return None
        if not isinstance(before, int):
            raise NoForm("a size is unknown")
        return _known(op, node, before, int(np.floor(before * scale)), scale)
    sizes = sizes_of(op, node.inputs[3])
    after = sizes[axis] if sizes is not None else None
    if isinstance(before, int) and isinstance(after, int):
        return None if before == after else _known(op, node, before, after, None)
    return None if isinstance(after, Size) and _is_size_of(after, value, axis) else _computed(op, node, axis)


def _is_size_of(size: Size, value: ir.Value, axis: int) -> bool:
    """Whether a size is that of an axis of a value, by its place or by its symbol."""
    if size == Size(value, axis):
        return True
    ours, theirs = value.shape, size.value.shape
    if ours is None or theirs is None:
        return False
    dimension = ours[axis]
    return isinstance(dimension, ir.SymbolicDim) and dimension.value is not None and dimension == theirs[size.axis]


def _known(op: Writer, node: ir.Node, before: int, after: int, scale: float | None) -> Any:
    """The weights of known sizes: those of the linear from where each place comes from, others written down."""
    if before * after > LARGEST:
        raise NoForm("its weights are too many")
    way, dtype = op.attribute(node, "coordinate_transformation_mode"), op.dtype(node.inputs[0]).numpy()
    if op.attribute(node, "mode") != "linear":
        return _written_down(node, before, after, scale).astype(dtype)
    half, ratio = (0.0 if way == "asymmetric" else 0.5), 1 / scale if scale is not None else before / after
    at = (np.arange(after) + half) * ratio - half
    if way == "pytorch_half_pixel" and after == 1:
        at[:] = 0
    return _near(op, np.clip(at, 0, before - 1).astype(dtype), np.arange(before).astype(dtype))


def _written_down(node: ir.Node, before: int, after: int, scale: float | None) -> NDArray[Any]:
    """What the node makes, along one axis, of each place by itself."""
    kept = [ir.serde.serialize_attribute(a) for name, a in node.attributes.items() if name not in NEWER]
    wanted = ["x", "", "scales"] if scale is not None else ["x", "", "", "sizes"]
    resize = onnx.helper.make_node("Resize", wanted, ["y"])
    resize.attribute.extend(kept)
    given: dict[str, Any] = {"x": np.eye(before, dtype=np.float32)}
    if scale is not None:
        given["scales"] = np.array([1, scale], dtype=np.float32)
    else:
        given["sizes"] = np.array([before, after], dtype=np.int64)
    results: Any = ReferenceEvaluator(resize, opsets={"": 18}).run(None, given)
    return np.asarray(results[0])


def _computed(op: Writer, node: ir.Node, axis: int) -> Any:
    """The linear weights of sizes that only a run knows."""
    way, mode = op.attribute(node, "coordinate_transformation_mode"), op.attribute(node, "mode")
    if mode != "linear" or way == "pytorch_half_pixel":
        raise NoForm(f"its sizes are computed, and it goes by {way}, {mode}")
    dtype = op.dtype(node.inputs[0])
    sizes = [op.Slice(vector, [axis], [axis + 1], [0]) for vector in (op.Shape(node.inputs[0]), node.inputs[3])]
    before, after = (op.Cast(size, to=dtype) for size in sizes)
    rows, columns = (op.Cast(_places(op, size), to=dtype) for size in sizes)
    half, ratio = (0.0 if way == "asymmetric" else 0.5), op.Div(before, after)
    at = op.Sub(op.Mul(op.Add(columns, half), ratio), half)
    inside = op.Max(op.Min(at, op.Sub(before, 1.0)), 0.0)
    return _near(op, inside, rows)


def _near(op: Writer, at: Any, places: Any) -> Any:
    """1 less the distance from each place to where each new one comes from, if that is positive."""
    column = op.Reshape(places, [-1, 1]) if isinstance(places, ir.Value) else places.reshape(-1, 1)
    distance = op.Abs(op.Sub(at, column))
    return op.Relu(op.Sub(op.number(1, distance), distance))


def _places(op: Writer, size: ir.Value) -> Any:
    """0, 1, 2, … up to a size."""
    ones = op.ConstantOfShape(size, value=ir.tensor(np.ones(1, dtype=np.int64)))
    return op.Reshape(op.NonZero(ones), [-1])
