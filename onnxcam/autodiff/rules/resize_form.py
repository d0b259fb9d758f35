"""What a Resize does, whichever version spelt it."""

from __future__ import annotations

import dataclasses
from typing import Any

import onnx_ir as ir

from onnxcam.autodiff.node import ForwardNode

SHARED = ("mode", "cubic_coeff_a", "exclude_outside", "antialias")


@dataclasses.dataclass(frozen=True, slots=True)
class Form:
    """What a Resize does, whichever version spelt it.

    Attributes:
        axes: The axes that scales, sizes and region speak of, in their order.
        scales: The scale of each of them, or the value that holds them; None when sizes are given.
        sizes: The size of each of them, or the value that holds them; None when scales are given.
        region: Input `roi`, which tf_crop_and_resize alone reads.
        policy: The keep_aspect_ratio_policy; `stretch` where the sizes are what they say.
        attributes: Those that an opset 18 Resize along one axis takes.
    """

    axes: tuple[int, ...]
    scales: tuple[float, ...] | ir.Value | None
    sizes: tuple[int, ...] | ir.Value | None
    region: ir.Value | None
    policy: str
    attributes: dict[str, Any]

    @property
    def is_crop(self) -> bool:
        """Whether a region is cut out, so that even a scale of 1 moves things."""
        return bool(self.attributes["coordinate_transformation_mode"] == "tf_crop_and_resize")


def early_form(node: ForwardNode, scales: Any, nearest_mode: str) -> Form:
    """What an Upsample, or a Resize before version 11, does."""
    attributes = {
        "mode": "nearest" if node.attribute("mode") == "nearest" else "linear",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": nearest_mode,
    }
    return Form(tuple(range(node.rank())), scales, None, None, "stretch", attributes)


def form_of(node: ForwardNode) -> Form:
    """What a Resize since version 11 does."""
    rank = node.rank()
    axes = tuple(a % rank for a in node.attribute("axes") or range(rank))
    sizes = constants_of(node, 3, int)
    scales = constants_of(node, 2, float) if sizes is None else None
    attributes = {name: node.attribute(name) for name in (*SHARED, "coordinate_transformation_mode", "nearest_mode")}
    policy = "stretch" if sizes is None else str(node.attribute("keep_aspect_ratio_policy", "stretch"))
    return _exact(node, Form(axes, scales, sizes, node.input(1), policy, attributes))


def constants_of(node: ForwardNode, index: int, kind: type) -> Any:
    """Input `index` as a tuple if it is constant, None if it is left out or empty, else the value itself."""
    array = node.constant(index)
    if array is None:
        return node.input(index)
    return tuple(kind(v) for v in array) if array.size else None


def _exact(node: ForwardNode, form: Form) -> Form:
    """With the sizes that keep the aspect ratio, where these are its scale times the input's to the digit."""
    dims = [node.dims()[a] for a in form.axes]
    known = [d for d in dims if d is not None]
    if form.policy == "stretch" or not isinstance(form.sizes, tuple) or len(known) < len(dims):
        return form
    pick = min if form.policy == "not_larger" else max
    numerator, denominator = pick(zip(form.sizes, known, strict=True), key=lambda pair: pair[0] / pair[1])
    if any(d * numerator % denominator for d in known):
        return form
    return dataclasses.replace(form, sizes=tuple(d * numerator // denominator for d in known), policy="stretch")
