"""Resize: inputs that became optional, and before half pixels were known."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer

WAYS = frozenset({"asymmetric", "half_pixel", "pytorch_half_pixel"})
"""Where all runtimes compute the same; of the others, and of the nearest, each has its own idea."""
NEWER = ("antialias", "axes", "keep_aspect_ratio_policy")


@older("Resize", before=19)
def no_symmetric_pixels(op: Writer, node: ir.Node) -> Any:
    """`half_pixel_symmetric` was not."""
    if op.attribute(node, "coordinate_transformation_mode") == "half_pixel_symmetric":
        raise NoForm("half_pixel_symmetric came with opset 19")
    return op.same(node)


@older("Resize", before=18)
def all_axes(op: Writer, node: ir.Node) -> Any:
    """Scales or sizes of some axes as those of all."""
    if op.attribute(node, "antialias"):
        raise NoForm("it smooths")
    if op.attribute(node, "keep_aspect_ratio_policy") not in {None, "stretch"}:
        raise NoForm("it keeps the aspect ratio")
    axes = op.attribute(node, "axes")
    value, roi, scales, sizes = (*node.inputs, None, None, None)[:4]
    if not axes:
        return op.same(node, without=NEWER)
    if op.attribute(node, "coordinate_transformation_mode") == "tf_crop_and_resize":
        raise NoForm("it crops")
    rank = op.rank(value)
    places = [axes.index(i) if i in axes else axes.index(i - rank) if i - rank in axes else None for i in range(rank)]
    if scales is not None:
        ones = op.constant(np.ones(1, dtype=np.float32))
        parts = [ones if at is None else op.Slice(scales, [at], [at + 1], [0]) for at in places]
        return op.same(node, value, roi, _joined(op, parts), without=NEWER)
    parts = [
        op.Shape(value, start=i, end=i + 1) if at is None else op.Slice(sizes, [at], [at + 1], [0])
        for i, at in enumerate(places)
    ]
    return op.same(node, value, roi, None, _joined(op, parts), without=NEWER)


def _joined(op: Writer, parts: list[ir.Value]) -> Any:
    """Numbers in one vector, as an initializer where they are known."""
    joined = op.Concat(*parts, axis=0)
    known = op.known(joined)
    return joined if known is None else op.constant(known)


@older("Resize", before=13)
def nothing_left_out(op: Writer, node: ir.Node) -> Any:
    """An empty region, and empty scales where there are sizes, since neither may be left out."""
    value, roi, scales, sizes = (*node.inputs, None, None, None)[:4]
    empty = np.zeros(0, dtype=np.float32)
    return op.same(node, value, empty if roi is None else roi, empty if scales is None else scales, sizes)


@older("Resize", before=11)
def asymmetric_or_products(op: Writer, node: ir.Node) -> Any:
    """The nearest before, which was all there was; of others a product along each axis that changes.

    The order of a sum may differ then, and ONNX Runtime computes the weights in float32.
    """
    way, mode = op.attribute(node, "coordinate_transformation_mode"), op.attribute(node, "mode")
    if way == "asymmetric" and mode == "nearest" and op.attribute(node, "nearest_mode") == "floor":
        return op.Resize(node.inputs[0], _scales(op, node), mode="nearest")
    if way not in WAYS or mode == "nearest":
        raise NoForm(f"it goes by {way}, {mode}")
    made, rank = node.inputs[0], op.rank(node.inputs[0])
    for axis, (before, after, scale) in _changes(op, node).items():
        matrix = _matrix(node, before, after, scale).astype(op.dtype(made).numpy())
        if axis == rank - 1:
            made = op.MatMul(made, matrix)
        elif axis == rank - 2:
            made = op.MatMul(np.ascontiguousarray(matrix.T), made)
        else:
            order = [*(i for i in range(rank) if i != axis), axis]
            made = op.MatMul(op.Transpose(made, perm=order), matrix)
            made = op.Transpose(made, perm=[order.index(i) for i in range(rank)])
    return made


@older("Resize", before=10)
def upsample(op: Writer, node: ir.Node) -> Any:
    """Upsample."""
    return op.Upsample(*node.inputs, mode="nearest")


@older("Upsample", before=9)
def scales_as_attribute(op: Writer, node: ir.Node) -> Any:
    """Its scales as an attribute."""
    scales = op.known(node.inputs[1])
    assert scales is not None
    return op.same(node, node.inputs[0], scales=scales.tolist())


def _scales(op: Writer, node: ir.Node) -> Any:
    """Known scales that make nothing smaller, or the whole numbers that known sizes make of them."""
    sizes = op.ints(node, 3, "sizes")
    if not sizes:
        known = op.known(node.inputs[2])
        if known is None or (known < 1).any():  # which pixel is the nearest below 1 is each runtime's own idea
            raise NoForm("its scales are not known to be 1 or more")
        return known
    before = op.sizes(node.inputs[0])
    if any(after % size for after, size in zip(sizes, before, strict=True)):
        raise NoForm("its scales are no whole numbers")
    return np.array(sizes, dtype=np.float32) / np.array(before, dtype=np.float32)


def _changes(op: Writer, node: ir.Node) -> dict[int, tuple[int, int, float | None]]:
    """The axes that change: their size, the size to come, and the scale if that is what is given."""
    value, scales, sizes = node.inputs[0], op.known(node.inputs[2]), op.ints(node, 3, "sizes")
    if not sizes and (scales is None or scales.size == 0):
        raise NoForm("its scales are computed")
    found: dict[int, tuple[int, int, float | None]] = {}
    for axis in range(op.rank(value)):
        assert value is not None
        assert value.shape is not None
        before = value.shape[axis]
        scale = None if sizes or scales is None else float(scales[axis])
        if scale == 1:
            continue
        if not isinstance(before, int):
            made = node.outputs[0].shape
            if sizes and made is not None and made[axis] == before:
                continue
            raise NoForm("a size is unknown")
        after = int(np.floor(before * scale)) if scale is not None else (sizes or [])[axis]
        if after != before:
            found[axis] = before, after, scale
    return found


def _matrix(node: ir.Node, before: int, after: int, scale: float | None) -> NDArray[Any]:
    """What the node makes, along one axis, of each place by itself: (before, after)."""
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
