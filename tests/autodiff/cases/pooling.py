"""Rows for `onnxcam/autodiff/rules/pooling.py`."""

import math

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

Shape = tuple[int, ...]
X = (2, 3, 7, 6)
K, S = "kernel_shape = [3, 2]", "strides = [2, 3]"
PADS = "pads = [1, 0, 2, 1]"


def row(op_type: str, name: str, attributes: str, x: Shape, opsets: tuple[int, ...], runtime: str) -> Case:
    kinks = (0.0,) if op_type == "LpPool" else ()
    body = f"y = {op_type} <{attributes}> (x)"
    return Case(f"{op_type}-{name}", body, {"x": x}, opsets=opsets, runtime=runtime, avoid=kinks)


def apart(name: str, attributes: str, x: Shape, opsets: tuple[int, ...], runtime: str) -> Case:
    """A MaxPool over numbers that lie too far apart for a difference to change the maximum."""
    values = np.random.default_rng(len(name)).permutation(math.prod(x)).reshape(x) / 4
    return Case(f"MaxPool-{name}", f"y = MaxPool <{attributes}> (x)", {"x": values}, opsets=opsets, runtime=runtime)


PLAIN = {
    "kernel": (K, X),
    "strides": (f"{K}, {S}", X),
    "strides-apart": ("kernel_shape = [2, 1], strides = [3, 2]", X),
    "tiles": ("kernel_shape = [2, 3], strides = [2, 3]", X),
    "tiles-even": ("kernel_shape = [2, 3], strides = [2, 3]", (2, 3, 4, 6)),
    "whole": ("kernel_shape = [7, 6]", X),
    "valid": (f'{K}, {S}, auto_pad = "VALID"', X),
    "1d": ("kernel_shape = [3], strides = [2]", (2, 3, 8)),
    "3d": ("kernel_shape = [2, 1, 2], strides = [1, 2, 2]", (1, 2, 3, 4, 5)),
    "3d-dense": ("kernel_shape = [2, 1, 2]", (1, 2, 3, 4, 5)),
}
PADDED = {
    "pads": (f"{K}, pads = [1, 0, 2, 1]", X),
    "pads-strides": (f"{K}, {S}, {PADS}", X),
    "1d-pads": ("kernel_shape = [3], strides = [2], pads = [1, 2]", (2, 3, 8)),
    "3d-pads": ("kernel_shape = [2, 3, 2], strides = [1, 2, 1], pads = [1, 1, 0, 0, 2, 1]", (1, 2, 3, 4, 5)),
    **{f"{side}-dense": (f'{K}, auto_pad = "{side}"', X) for side in ("SAME_UPPER", "SAME_LOWER")},
    **{f"{side}": (f'kernel_shape = [3, 4], {S}, auto_pad = "{side}"', X) for side in ("SAME_UPPER", "SAME_LOWER")},
}
CEIL = {
    "ceil": (f"{K}, {S}, ceil_mode = 1", (2, 3, 8, 7)),
    "ceil-pads": (f"{K}, {S}, {PADS}, ceil_mode = 1", (2, 3, 8, 7)),
    "ceil-tiles": ("kernel_shape = [3, 2], strides = [3, 2], ceil_mode = 1", X),
    "ceil-tiles-hanging": ("kernel_shape = [3, 2], strides = [3, 2], ceil_mode = 1", (2, 3, 8, 7)),
}
DROPPED = ("kernel_shape = [2, 2], strides = [3, 3], pads = [1, 1, 1, 1], ceil_mode = 1", (2, 3, 6, 5))
DILATED = {
    "dilations": (f"{K}, dilations = [2, 3]", X),
    "dilations-strides": (f"{K}, {S}, dilations = [2, 3], {PADS}", X),
    "dilations-ceil": (f"{K}, {S}, dilations = [2, 1], ceil_mode = 1", (2, 3, 8, 7)),
}

# At a kink central differences see the mean of both sides, 0 at a minimum.
AT_ZERO = np.array([[[1.0, 0.0, 0.0, 0.0, -2.0]]])

STRIDED = {name: form for name, form in PLAIN.items() if "strides" in form[0]}
DENSE = {name: form for name, form in PLAIN.items() if name not in STRIDED}

# The reference evaluator puts out wrong Indices of a MaxPool that is dense or padded, takes the batch and channel sizes
# for the spatial ones in SAME, and adds windows that start beyond the image with ceil_mode. The standard's inference
# adds these too before opset 22.
CASES = (
    *(apart(name, *form, (7, 8, NEWEST), "reference") for name, form in STRIDED.items()),
    *(apart(name, *form, (7, 12, NEWEST), "onnxruntime") for name, form in (DENSE | PADDED).items()),
    *(apart(name, *form, (10, 12, NEWEST), "onnxruntime") for name, form in (CEIL | DILATED).items()),
    apart("ceil-dropped", *DROPPED, (22, NEWEST), "onnxruntime"),
    *(
        Case(
            f"MaxPool-indices-{order}",
            f"y, i = MaxPool <kernel_shape = [2, 2], strides = [1, 2], storage_order = {order}> (x)",
            {"x": X},
            opsets=(8, 12, NEWEST),
        )
        for order in (0, 1)
    ),
    *(row("AveragePool", name, *form, (7, 11, NEWEST), "reference") for name, form in PLAIN.items()),
    *(
        row("AveragePool", f"{name}-{how}", f"{a}, count_include_pad = {how}", x, (7, 11, NEWEST), "onnxruntime")
        for name, (a, x) in PADDED.items()
        for how in (0, 1)
    ),
    *(
        row("AveragePool", f"{name}-{how}", f"{a}, count_include_pad = {how}", x, (10, 19, NEWEST), "onnxruntime")
        for name, (a, x) in CEIL.items()
        for how in (0, 1)
    ),
    *(
        row("AveragePool", f"{name}-{how}", f"{a}, count_include_pad = {how}", x, (19, NEWEST), "onnxruntime")
        for name, (a, x) in DILATED.items()
        for how in (0, 1)
    ),
    *(
        row(
            "AveragePool",
            f"ceil-dropped-{how}",
            f"{DROPPED[0]}, count_include_pad = {how}",
            DROPPED[1],
            (22, NEWEST),
            "onnxruntime",
        )
        for how in (0, 1)
    ),
    *(row("LpPool", name, *form, (7, 11, 18, NEWEST), "reference") for name, form in PLAIN.items()),
    *(row("LpPool", name, *form, (7, 11, 18, NEWEST), "onnxruntime") for name, form in PADDED.items()),
    *(row("LpPool", name, *form, (18, NEWEST), "onnxruntime") for name, form in (CEIL | DILATED).items()),
    *(row("LpPool", f"p{p}", f"{K}, {S}, p = {p}", X, (7, 18, NEWEST), "reference") for p in (1, 3)),
    *(
        Case(
            f"LpPool-zero-p{p}",
            f"y = LpPool <kernel_shape = [2], p = {p}> (x)",
            {"x": AT_ZERO},
            (18,),
            runtime="onnxruntime",
        )
        for p in (1, 2, 3)
    ),
    row("LpPool", "ceil-dropped", *DROPPED, (22, NEWEST), "onnxruntime"),
)
