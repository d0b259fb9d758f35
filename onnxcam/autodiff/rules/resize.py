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
from onnxcam.autodiff.rules.separable import contract

SHARED = ("mode", "cubic_coeff_a", "exclude_outside", "antialias")


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """What a Resize does, whichever version spelt it.

    Attributes:
        axes: The axes that scales, sizes and region speak of, in their order.
        scales: The scale of each of them, or the value that holds them; None when sizes are given.
        sizes: The size of each of them, or the value that holds them; None when scales are given.
        region: Input `roi`, which tf_crop_and_resize alone reads.
        attributes: Those that an opset 18 Resize along one axis takes.
    """

    axes: tuple[int, ...]
    scales: tuple[float, ...] | ir.Value | None
    sizes: tuple[int, ...] | ir.Value | None
    region: ir.Value | None
    attributes: dict[str, Any]

    @property
    def is_crop(self) -> bool:
        """Whether a region is cut out, so that even a scale of 1 moves things."""
        return bool(self.attributes["coordinate_transformation_mode"] == "tf_crop_and_resize")


@vjp("Upsample", since=7)
def upsample(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Rᵀ·y̅ along each axis, R the axis' interpolation matrix (asymmetric; nearest rounds down)."""
    scales: Any = node.attribute("scales")
    return _transposed(op, node, ct, _early(node, _constant(node, 1, float) if scales is None else scales, "floor"))


@vjp("Resize", since=10)
def resize_by_scales(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Rᵀ·y̅ along each axis, R the axis' interpolation matrix (asymmetric; nearest rounds up where it shrinks)."""
    return _transposed(op, node, ct, _early(node, _constant(node, 1, float), "floor_or_ceil"))


@vjp("Resize", since=11)
def resize(op: Emitter, node: ForwardNode, ct: ir.Value) -> ir.Value:
    """x̅ = Rᵀ·y̅ along each axis, R the axis' interpolation matrix; the region and the scales are taken as constant."""
    rank = node.rank()
    axes = tuple(a % rank for a in node.attribute("axes") or range(rank))
    sizes = _constant(node, 3, int)
    scales = _constant(node, 2, float) if sizes is None else None
    attributes = {name: node.attribute(name) for name in (*SHARED, "coordinate_transformation_mode", "nearest_mode")}
    form = Form(axes, scales, sizes, node.input(1), attributes)
    if node.attribute("keep_aspect_ratio_policy", "stretch") != "stretch":
        form = _fitted(node, form)
    return _transposed(op, node, ct, form)


def _early(node: ForwardNode, scales: Any, nearest_mode: str) -> Form:
    attributes = {
        "mode": "nearest" if node.attribute("mode") == "nearest" else "linear",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": nearest_mode,
    }
    return Form(tuple(range(node.rank())), scales, None, None, attributes)


def _constant(node: ForwardNode, index: int, kind: type) -> Any:
    """Input `index` as a tuple if it is constant, None if it is left out or empty, else the value itself."""
    array = node.constant(index)
    if array is None:
        return node.input(index)
    return tuple(kind(v) for v in array) if array.size else None


def _fitted(node: ForwardNode, form: Form) -> Form:
    """The form with the sizes that keep the aspect ratio, where these are its scale times the input's to the digit."""
    dims = [node.dims()[a] for a in form.axes]
    if not isinstance(form.sizes, tuple) or None in dims:
        raise node.refusal("its keep_aspect_ratio_policy meets sizes that only a run knows")
    known = [d for d in dims if d is not None]
    pick = min if node.attribute("keep_aspect_ratio_policy") == "not_larger" else max
    numerator, denominator = pick(zip(form.sizes, known, strict=True), key=lambda pair: pair[0] / pair[1])
    if any(d * numerator % denominator for d in known):
        raise node.refusal("its keep_aspect_ratio_policy rounds a size")
    return dataclasses.replace(form, sizes=tuple(d * numerator // denominator for d in known))


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
    scale = _scale(node, form, k)
    return scale != 1 if scale is not None else axis > 1 or node.rank() < 3


def _is_unknown(node: ForwardNode, form: Form, k: int) -> bool:
    return _scale(node, form, k) is None


def _scale(node: ForwardNode, form: Form, k: int) -> float | None:
    """The scale of axis `k` of the form, None when only the run knows it."""
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
