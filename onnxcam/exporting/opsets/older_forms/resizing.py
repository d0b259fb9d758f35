"""Resize: inputs that became optional, and before half pixels were known. Others that sample pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.older_forms.interpolation import NEWER, interpolated
from onnxcam.exporting.opsets.register import NoForm, older
from onnxcam.exporting.opsets.writer import Writer


@older("RoiAlign", before=16)
def not_half_a_pixel(op: Writer, node: ir.Node) -> Any:
    """Regions were not moved by half a pixel."""
    if op.attribute(node, "coordinate_transformation_mode") != "output_half_pixel":
        raise NoForm("it goes by half_pixel")
    return op.same(node, without=["coordinate_transformation_mode"])


@older("GridSample", before=20)
def names_of_pictures(op: Writer, node: ir.Node) -> Any:
    """Of pictures, whose modes had other names."""
    if op.rank(node.inputs[0]) != 4:
        raise NoForm("it samples no picture")
    mode = op.attribute(node, "mode")
    return op.same(node, mode={"linear": "bilinear", "cubic": "bicubic"}.get(mode, mode))


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
    """The nearest before, which was all there was; of others a product along each axis that changes."""
    way, mode = op.attribute(node, "coordinate_transformation_mode"), op.attribute(node, "mode")
    if way == "asymmetric" and mode == "nearest" and op.attribute(node, "nearest_mode") == "floor":
        return op.Resize(node.inputs[0], _scales(op, node), mode="nearest")
    return interpolated(op, node)


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
