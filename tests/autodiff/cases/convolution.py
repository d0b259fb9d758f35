"""Rows for `onnxcam/autodiff/rules/convolution.py`."""

from tests.autodiff.cases.case import NEWEST, Case

X, W, B = (2, 3, 7, 6), (4, 3, 3, 2), (4,)
OPSETS = (7, 11, NEWEST)


def conv(
    name: str, attributes: str, x: tuple[int, ...], w: tuple[int, ...], *, constant: bool = False, **more: object
) -> Case:
    """A convolution; its filter is an initializer (`constant`), or an input whose size `kernel_shape` tells."""
    more = {"constant": ("w",), **more} if constant else more
    if not constant and "kernel_shape" not in attributes:
        attributes = f"kernel_shape = {list(w[2:])}, {attributes}"
    return Case(f"Conv-{name}", f"y = Conv <{attributes}> (x, w)", {"x": x, "w": w}, **{"opsets": OPSETS, **more})


def transpose(name: str, attributes: str, x: tuple[int, ...], w: tuple[int, ...], **more: object) -> Case:
    attributes = attributes if "kernel_shape" in attributes else f"kernel_shape = {list(w[2:])}, {attributes}"
    return Case(
        f"ConvTranspose-{name}",
        f"y = ConvTranspose <{attributes}> (x, w)",
        {"x": x, "w": w},
        **{"opsets": OPSETS, **more},
    )


PADS = "pads = [1, 0, 2, 1]"
FILTERS = {
    "plain": ("group = 1", X, W),
    "pads": (PADS, X, W),
    "wide-pads": ("pads = [4, 3, 0, 2]", X, W),
    "dilations": (f"dilations = [2, 3], {PADS}", X, W),
    "strides": (f"strides = [2, 3], {PADS}", X, W),
    "strides-unread": ("strides = [3, 4]", (2, 3, 8, 9), W),
    "strides-over-kernel": ("strides = [4, 3]", (2, 3, 9, 8), (4, 3, 2, 1)),
    "strides-dilations": ("strides = [2, 3], dilations = [3, 2], pads = [1, 2, 3, 0]", (1, 2, 9, 8), (3, 2, 3, 2)),
    "valid": ('auto_pad = "VALID", strides = [2, 2]', X, W),
    "depthwise": ("group = 3, pads = [1, 1, 1, 1]", (2, 3, 5, 5), (3, 1, 3, 3)),
    "1d": ("strides = [2], pads = [1, 0], dilations = [2]", (2, 3, 9), (4, 3, 3)),
    "3d-dense": ("pads = [1, 0, 1, 0, 1, 1]", (1, 2, 4, 3, 5), (2, 2, 2, 3, 2)),
}
GROUPS = {
    "groups": (f"group = 2, {PADS}", (2, 4, 5, 6), (6, 2, 3, 2)),
    "groups-strides": (f"group = 2, strides = [2, 2], {PADS}", (2, 4, 5, 6), (6, 2, 3, 2)),
    "depthwise-multiplier": ("group = 3, strides = [2, 1]", (2, 3, 5, 5), (6, 1, 3, 3)),
    "3d": ("strides = [2, 1, 2], pads = [1, 0, 1, 0, 1, 1], group = 2", (1, 2, 4, 3, 5), (2, 1, 2, 3, 2)),
}
SAME = {
    "dense": ("strides = [1, 1]", X, W),
    "strides": ("strides = [2, 3]", (2, 3, 8, 8), (4, 3, 3, 4)),
    "strides-over-kernel": ("strides = [3, 3]", (2, 3, 7, 8), (4, 3, 2, 1)),
}

CASES = (
    Case("Conv-bias", "y = Conv <kernel_shape = [3, 2]> (x, w, b)", {"x": X, "w": W, "b": B}, opsets=OPSETS),
    *(
        conv(f"{name}-{how}", *form, constant=how == "constant")
        for name, form in FILTERS.items()
        for how in ("fed", "constant")
    ),
    # The gradient's ConvTranspose has groups of several channels: the reference evaluator fails.
    *(
        conv(f"{name}-{how}", *form, constant=how == "constant", runtime="onnxruntime")
        for name, form in GROUPS.items()
        for how in ("fed", "constant")
    ),
    # The reference evaluator takes the batch and channel sizes for the spatial ones when it pads for SAME.
    *(
        conv(
            f"{side}-{name}-{how}", f'auto_pad = "{side}", {a}', x, w, constant=how == "constant", runtime="onnxruntime"
        )
        for name, (a, x, w) in SAME.items()
        for side in ("SAME_UPPER", "SAME_LOWER")
        for how in ("fed", "constant")
    ),
    # A filter of which the rank alone is known; the standard's inference then finds no shape for the output.
    *(
        Case(
            f"{op_type}-filter-unknown{name}",
            f"c = {op_type} <strides = [2, 1]{form}> (x, w) s = Constant<value = int64[1] {{-1}}>() y = Reshape(c, s)",
            {"x": X, "w": w},
            opsets=OPSETS,
            runtime="onnxruntime",
        )
        for op_type, w in (("Conv", W), ("ConvTranspose", (3, 4, 3, 2)))
        for name, form in (("", ", pads = [1, 0, 0, 1]"), ("-same", ', auto_pad = "SAME_LOWER"'))
    ),
    Case(
        "ConvTranspose-bias",
        "y = ConvTranspose <kernel_shape = [3, 2]> (x, w, b)",
        {"x": X, "w": (3, 4, 3, 2), "b": B},
        opsets=OPSETS,
    ),
    transpose("pads", PADS, X, (3, 4, 3, 2)),
    transpose("strides", f"strides = [2, 3], {PADS}", X, (3, 4, 3, 2)),
    transpose("strides-over-kernel", "strides = [3, 3]", (1, 2, 3, 4), (2, 2, 2, 1)),
    transpose("dilations", f"dilations = [2, 3], strides = [2, 1], {PADS}", X, (3, 4, 3, 2)),
    transpose("output_padding", f"output_padding = [1, 2], strides = [2, 3], {PADS}", X, (3, 4, 3, 2)),
    transpose("valid", 'auto_pad = "VALID", strides = [2, 2], output_padding = [1, 0]', X, (3, 4, 3, 2)),
    transpose("1d", "strides = [2], pads = [1, 0], kernel_shape = [3]", (2, 3, 5), (3, 2, 3)),
    transpose("depthwise", "group = 3, strides = [2, 2]", (2, 3, 4, 5), (3, 1, 3, 3)),
    # The reference evaluator fails for groups of several channels and crops wrongly for a given output_shape.
    transpose("groups", f"group = 2, strides = [2, 1], {PADS}", (2, 4, 5, 6), (4, 3, 3, 2), runtime="onnxruntime"),
    transpose("3d", "group = 2, strides = [2, 1, 2]", (1, 4, 3, 2, 3), (4, 2, 2, 3, 2), runtime="onnxruntime"),
    *(
        transpose(
            f"{name}{side}", f'strides = [2, 3], auto_pad = "{side}", {a}', X, (3, 4, 4, 4), runtime="onnxruntime"
        )
        for name, a in (
            ("", "group = 1"),
            ("output_shape-", "output_shape = [13, 17]"),
            ("output_shape-output_padding-", "output_shape = [13, 17], output_padding = [1, 2]"),
        )
        for side in ("SAME_UPPER", "SAME_LOWER")
    ),
    transpose("output_shape", "strides = [2, 3], output_shape = [13, 17]", X, (3, 4, 4, 4), runtime="onnxruntime"),
    transpose(
        "output_shape-larger", "strides = [2, 3], output_shape = [17, 21]", X, (3, 4, 4, 4), runtime="onnxruntime"
    ),
    transpose(
        "SAME-kernel-below-stride", 'strides = [3, 3], auto_pad = "SAME_UPPER"', X, (3, 4, 2, 3), runtime="onnxruntime"
    ),
)
