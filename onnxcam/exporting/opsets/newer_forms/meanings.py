"""Meanings that changed while the form stayed, and operators that got another name."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx_ir as ir

from onnxcam.exporting.opsets.register import NoForm, newer
from onnxcam.exporting.opsets.writer import Writer

OLD_RESIZE = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}


@newer("Softmax", "LogSoftmax", "Hardmax", since=13)
def flattened(op: Writer, node: ir.Node) -> Any:
    """Over all axes from one on, of which the last alone is plain; others are flattened and shaped back."""
    value, axis = node.inputs[0], op.attribute(node, "axis")
    rank = value.shape.rank() if value is not None and value.shape is not None else None
    if axis == -1 or (rank is not None and axis % rank == rank - 1):
        return op.same(node, axis=-1)
    if rank is not None and value is not None and value.shape is not None:
        axis %= rank
        wide = [i for i in range(axis, rank) if value.shape[i] != 1]
        if len(wide) == 1:
            return op.same(node, axis=wide[0])
    return op.Reshape(op.same(node, op.Flatten(value, axis=axis), axis=-1), op.Shape(value))


@newer("BatchNormalization", since=9)
def spatial_alone(op: Writer, node: ir.Node) -> Any:
    """One mean a channel."""
    if not op.attribute(node, "spatial"):
        raise NoForm("it is not spatial")
    return op.same(node, without=["spatial"])


@newer("BatchNormalization", since=14)
def not_trained(op: Writer, node: ir.Node) -> Any:
    """The statistics of training are no outputs."""
    if any(output.uses() or output.is_graph_output() for output in node.outputs[1:]):
        raise NoForm("it is trained")
    kept = {name: a for name, a in node.attributes.items() if name in {"epsilon", "momentum"}}
    return op.BatchNormalization(*node.inputs, **kept)


@newer("Scatter", since=11)
def scatter_elements(op: Writer, node: ir.Node) -> Any:
    """Its name."""
    return op.ScatterElements(*node.inputs, axis=op.attribute(node, "axis"))


@newer("Upsample", since=9)
def scales_as_input(op: Writer, node: ir.Node) -> Any:
    """Its scales."""
    return op.same(node, node.inputs[0], np.array(op.attribute(node, "scales"), dtype=np.float32), without=["scales"])


@newer("Upsample", since=10)
def resize(op: Writer, node: ir.Node) -> Any:
    """Its name."""
    return op.Resize(*node.inputs, mode=op.attribute(node, "mode"))


@newer("Resize", since=11)
def said_how(op: Writer, node: ir.Node) -> Any:
    """Coordinates were multiplied by the scale, and rounded down."""
    value, scales = node.inputs
    region = np.zeros(0, dtype=np.float32)
    return op.Resize(value, region, scales, mode=op.attribute(node, "mode"), **OLD_RESIZE)


@newer("RoiAlign", since=16)
def not_half_a_pixel(op: Writer, node: ir.Node) -> Any:
    """Regions were not moved by half a pixel."""
    return op.same(node, coordinate_transformation_mode="output_half_pixel")


@newer("Scan", since=9)
def one_scan_a_sample(op: Writer, node: ir.Node) -> Any:
    """It went over a batch."""
    raise NoForm("it scans a batch")


@newer("DFT", since=20)
def axis_as_input(op: Writer, node: ir.Node) -> Any:
    """Its axis."""
    length = node.inputs[1] if len(node.inputs) > 1 else None
    axis = np.array(op.attribute(node, "axis"), dtype=np.int64)
    return op.same(node, node.inputs[0], length, axis, without=["axis"])


@newer("GridSample", since=20)
def modes_of_any_rank(op: Writer, node: ir.Node) -> Any:
    """The names of its modes."""
    mode = op.attribute(node, "mode")
    return op.same(node, mode={"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode))


@newer("GroupNormalization", since=21)
def scales_of_channels(op: Writer, node: ir.Node) -> Any:
    """One scale a channel, each group's repeated."""
    value, *given = node.inputs
    groups = op.attribute(node, "num_groups")
    channels = value.shape[1] if value is not None and value.shape is not None else None
    if not isinstance(channels, int):
        raise NoForm("its channels are not known")
    each = [op.Reshape(op.Expand(op.Reshape(v, [-1, 1]), [groups, channels // groups]), [-1]) for v in given]
    return op.same(node, value, *each)
