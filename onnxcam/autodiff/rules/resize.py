"""Resizing: linear in x and separable, so that one matrix for each resized axis is its transpose.

The matrix comes from the runtime's own Resize of an identity matrix: no formula of ours can disagree with the forward
model's, and a runtime folds it when the size is static.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import onnx_ir as ir
from numpy.typing import NDArray

from onnxcam.autodiff.emitter import Emitter
from onnxcam.autodiff.node import ForwardNode
from onnxcam.autodiff.registry import vjp
from onnxcam.autodiff.rules.interpolation import symmetric_matrix
from onnxcam.autodiff.rules.resize_form import Form, constants_of, early_form, form_of
from onnxcam.autodiff.rules.separable import contract


@vjp("Upsample", since=7)
def upsample(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Rᵀ·y̅ along each axis, R the axis' interpolation matrix (asymmetric; nearest rounds down)."""
    scales: Any = node.attribute("scales")
    return _transposed(
        op, node, ct, early_form(node, constants_of(node, 1, float) if scales is None else scales, "floor")
    )


@vjp("Resize", since=10)
def resize_by_scales(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Rᵀ·y̅ along each axis, R the axis' interpolation matrix (asymmetric; nearest rounds up where it shrinks)."""
    return _transposed(op, node, ct, early_form(node, constants_of(node, 1, float), "floor_or_ceil"))


@vjp("Resize", since=11)
def resize(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Rᵀ·y̅ along each axis, R the axis' interpolation matrix; the region and the scales are taken as constant."""
    return _transposed(op, node, ct, form_of(node))


def _transposed(op: Emitter, node: ForwardNode, ct: ir.Value, form: Form) -> ir.Value:
    x, rank = node.inputs[0], node.rank()
    assert x is not None
    factors = _repeats(node, form)
    if factors is not None:
        pooled = op.AveragePool(ct, kernel_shape=factors, strides=factors)
        return op.Mul(pooled, float(math.prod(factors)))
    resized = [k for k in range(len(form.axes)) if _is_resized(node, form, k)]
    is_guessed = rank > 2 and any(_is_unknown(node, form, k) for k in range(len(form.axes)) if k not in resized)
    matrices = {form.axes[k]: _matrix(op, node, form, k) for k in resized}
    return contract(op, ct, matrices, rank, x, is_guarded=is_guessed)


def _is_resized(node: ForwardNode, form: Form, k: int) -> bool:
    """Whether axis `k` of the form changes; batch and channels are taken to stay where only the run would tell."""
    axis = form.axes[k]
    if form.is_crop and not _is_unknown(node, form, k):
        return axis > 1 or _scale(node, form, k) != 1
    if form.policy != "stretch":
        return True
    scale = _scale(node, form, k)
    return scale != 1 if scale is not None else axis > 1 or node.rank() < 3


def _is_unknown(node: ForwardNode, form: Form, k: int) -> bool:
    return _scale(node, form, k) is None


def _scale(node: ForwardNode, form: Form, k: int) -> float | None:
    """The scale of axis `k` of the form, None when only the run knows it."""
    if form.policy != "stretch":
        return None
    if isinstance(form.scales, tuple):
        return float(form.scales[k])
    axis = form.axes[k]
    size = node.dims()[axis]
    if isinstance(form.sizes, tuple) and size is not None:
        return form.sizes[k] / size
    source, result = node.inputs[0], node.outputs[0]
    if source is None or source.shape is None or result.shape is None:
        return None
    is_same = source.shape[axis] == result.shape[axis] and not source.shape.is_unknown_dim(axis)
    return 1.0 if is_same else None


def _repeats(node: ForwardNode, form: Form) -> list[int] | None:
    """How often each element is repeated along each spatial axis, if that is all that the Resize does."""
    if form.attributes["mode"] != "nearest" or not 3 <= node.rank() <= 5 or form.is_crop:
        return None
    scales = {axis: _scale(node, form, k) for k, axis in enumerate(form.axes)}
    factors = [scales.get(axis, 1.0) for axis in range(node.rank())]
    whole = [int(f) for f in factors if f is not None and f >= 1 and f == int(f)]
    if len(whole) < len(factors) or set(whole[:2]) != {1} or not all(_is_repeat(form, f) for f in whole):
        return None
    return whole[2:]


def _is_repeat(form: Form, factor: int) -> bool:
    """Whether output `o` along an axis is input `o // factor`."""
    coordinates, rounding = (form.attributes[n] for n in ("coordinate_transformation_mode", "nearest_mode"))
    if factor == 1:
        return True
    if coordinates in ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel"):
        return bool(rounding.startswith("round"))
    if coordinates == "asymmetric":
        return bool(rounding.startswith("floor") or (rounding == "round_prefer_floor" and factor == 2))
    return bool(coordinates == "tf_half_pixel_for_nn" and rounding == "floor")


def _matrix(op: Emitter, node: ForwardNode, form: Form, k: int) -> Any:
    """The matrix (in, out) of axis `k` of the form: Resize along the rows of an identity matrix."""
    axis, attributes = form.axes[k], dict(form.attributes)
    if form.policy != "stretch":
        return _fitted(op, node, form, k)
    if attributes["coordinate_transformation_mode"] == "half_pixel_symmetric":
        matrix = _symmetric(node, form, k)
        if matrix is not None:
            return matrix
        attributes["coordinate_transformation_mode"] = "half_pixel"
    if attributes["nearest_mode"] == "floor_or_ceil":
        return _rounded_by_scale(op, node, form, k)
    identity = _identity(op, node, axis)
    region = _region(op, node, form, k) if form.is_crop else None
    scales = _one(op, form.scales, k, is_float=True)
    sizes = _one(op, form.sizes, k, is_float=False)
    resized = op.Resize(op.Unsqueeze(identity, [1, 2]), region, scales, sizes, axes=[3], **attributes)
    return op.Squeeze(resized, [1, 2])


def _rounded_by_scale(op: Emitter, node: ForwardNode, form: Form, k: int) -> Any:
    """The matrix of axis `k` where 'nearest' rounds up if the axis shrinks, and down if it grows."""

    def rounded(mode: str) -> Any:
        attributes = {**form.attributes, "nearest_mode": mode}
        return _matrix(op, node, dataclasses.replace(form, attributes=attributes), k)

    scale = _scale(node, form, k)
    if scale is not None:
        return rounded("ceil" if scale < 1 else "floor")
    is_shrunk = op.Less(_one(op, form.scales, k, is_float=True), np.float32(1))
    return op.Where(is_shrunk, rounded("ceil"), rounded("floor"))


def _fitted(op: Emitter, node: ForwardNode, form: Form, k: int) -> ir.Value:
    """The matrix of axis `k` where all axes have one scale: Resize of the identity matrix, spread over the others."""
    count, axis = len(form.axes), form.axes[k]
    if form.attributes["coordinate_transformation_mode"] == "half_pixel_symmetric":
        raise node.refusal("half_pixel_symmetric meets a keep_aspect_ratio_policy that may round a size")
    others = [2 + i for i in range(count) if i != k]
    shape = op.Concat([1], op.Gather(op.Shape(node.inputs[0]), [axis, *form.axes]), axis=0)
    spread = op.Expand(op.Unsqueeze(_identity(op, node, axis), [0, *others]), shape)
    sizes = list(form.sizes) if isinstance(form.sizes, tuple) else form.sizes
    given = {"axes": list(range(2, 2 + count)), "keep_aspect_ratio_policy": form.policy, **form.attributes}
    resized = op.Resize(spread, form.region if form.is_crop else None, None, sizes, **given)
    ends = [1] * len(others)
    matrix: ir.Value = (
        op.Squeeze(op.Slice(resized, [0] * len(others), ends, others), [0, *others]) if others else resized
    )
    return matrix


def _identity(op: Emitter, node: ForwardNode, axis: int) -> ir.Value:
    """The identity matrix of the size of an axis."""
    shape: Any = [node.dims()[axis]] * 2
    if None in shape:
        size = op.Slice(op.Shape(node.inputs[0]), [axis], [axis + 1])
        shape = op.Concat(size, size, axis=0)
    matrix: ir.Value = op.EyeLike(op.ConstantOfShape(shape), dtype=op.dtype)
    return matrix


def _one(op: Emitter, given: Any, k: int, *, is_float: bool) -> Any:
    """Element `k` of the scales or sizes, as a vector."""
    if given is None:
        return None
    if isinstance(given, tuple):
        return op.Constant(value_floats=[given[k]]) if is_float else [given[k]]
    one = op.Gather(given, [k], axis=0)
    return op.Cast(one, to=ir.DataType.FLOAT) if is_float else one


def _region(op: Emitter, node: ForwardNode, form: Form, k: int) -> ir.Value:
    if form.region is None:
        raise node.refusal("it crops to a region that is not given")
    region: ir.Value = op.Gather(form.region, [k, k + len(form.axes)], axis=0)
    return region


def _symmetric(node: ForwardNode, form: Form, k: int) -> NDArray[np.floating[Any]] | None:
    """The matrix of half_pixel_symmetric, None where it is that of half_pixel: nothing is rounded away.

    Raises:
        GradientError: It differs, and the size is unknown or the mode is an antialiased one.
    """
    if form.scales is None:
        return None
    size = node.dims()[form.axes[k]]
    scale = form.scales[k] if isinstance(form.scales, tuple) else None
    if scale is not None and (scale == int(scale) or (size is not None and size * scale == int(size * scale))):
        return None
    if scale is None or size is None or form.attributes.get("antialias"):
        raise node.refusal("half_pixel_symmetric rounds a size away that only a run knows, or is antialiased")
    return symmetric_matrix(size, scale, form.attributes)
