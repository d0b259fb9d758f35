"""Rows for `onnxcam/autodiff/rules/microsoft/fused_convolution.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case, Values

CONV: dict[str, Values] = {"x": (2, 2, 5, 4), "w": (3, 2, 3, 3), "b": (3,)}
RESIDUAL: dict[str, Values] = {"x": (2, 2, 5, 4), "w": (3, 2, 3, 3), "z": (2, 3, 5, 4)}
LAST: dict[str, Values] = {"x": (2, 5, 4, 2), "w": (3, 2, 3, 3), "b": (3,)}
PADDED = "pads = [1, 1, 1, 1], kernel_shape = [3, 3]"
FIRST, BACK = "t = Transpose <perm = [0, 3, 1, 2]> (x)", "Transpose <perm = [0, 2, 3, 1]>"
ACTIVATIONS: dict[str, str] = {
    "Clip": ", activation_params = [-0.7, 1.1]",
    "HardSigmoid": ", activation_params = [0.3, 0.4]",
    "HardSwish": "",
    "LeakyRelu": ", activation_params = [0.2]",
    "Relu": "",
    "Sigmoid": "",
    "Tanh": "",
}


def row(name: str, node: str, inputs: dict[str, Values]) -> Case:
    kind, body = "com.microsoft.", f"y = com.microsoft.{node}"
    step = None if "activation" not in node else 1e-3  # shorter than the way to the next kink
    return Case(f"{kind}{name}", body, inputs, opsets=(7, NEWEST), runtime="onnxruntime", step=step)


CASES = (
    row("FusedConv", f'FusedConv <activation = "Relu", {PADDED}> (x, w, b)', CONV),
    row(
        "FusedConv-plain",
        "FusedConv <strides = [2, 1], dilations = [1, 2]> (x, w)",
        {"x": (1, 2, 5, 6), "w": (2, 2, 2, 2)},
    ),
    row("FusedConv-same", 'FusedConv <activation = "Tanh", auto_pad = "SAME_UPPER", strides = [2, 2]> (x, w, b)', CONV),
    row(
        "FusedConv-groups",
        'FusedConv <activation = "Sigmoid", group = 2> (x, w)',
        {"x": (1, 4, 4, 4), "w": (4, 2, 2, 2)},
    ),
    row("FusedConv-residual", f'FusedConv <activation = "Relu", {PADDED}> (x, w, b, z)', CONV | {"z": (2, 3, 5, 4)}),
    row("FusedConv-residual-only", f"FusedConv <{PADDED}> (x, w, , z)", RESIDUAL),
    row("FusedConv-one-dimension", 'FusedConv <activation = "Relu"> (x, w)', {"x": (1, 2, 7), "w": (3, 2, 3)}),
    *(
        row(f"FusedConv-{name}", f'FusedConv <activation = "{name}", {PADDED}{parameters}> (x, w, b)', CONV)
        for name, parameters in ACTIVATIONS.items()
    ),
    Case(
        "com.microsoft.NhwcConv",
        f"y = com.microsoft.NhwcConv <{PADDED}, strides = [2, 1]> (x, w, b)",
        LAST,
        opsets=(7, NEWEST),
        meaning=f"{FIRST} c = Conv <{PADDED}, strides = [2, 1]> (t, w, b) y = {BACK} (c)",
    ),
    Case(
        "com.microsoft.NhwcFusedConv",
        f'y = com.microsoft.NhwcFusedConv <activation = "Sigmoid", {PADDED}> (x, w, b, z)',
        LAST | {"z": (2, 5, 4, 3)},
        opsets=(7, NEWEST),
        meaning=f"{FIRST} c = Conv <{PADDED}> (t, w, b) m = {BACK} (c) s = Add(m, z) y = Sigmoid(s)",
    ),
    Case(
        "com.microsoft.NhwcMaxPool",
        f"y = com.microsoft.NhwcMaxPool <{PADDED}, strides = [2, 1]> (x)",
        {"x": np.random.default_rng(0).permutation(80).reshape(2, 5, 4, 2) / 10},
        opsets=(8, NEWEST),
        meaning=f"{FIRST} c = MaxPool <{PADDED}, strides = [2, 1]> (t) y = {BACK} (c)",
    ),
    *(
        Case(
            f"com.microsoft.ConvTransposeWithDynamicPads{name}",
            "y = com.microsoft.ConvTransposeWithDynamicPads <strides = [2, 1], output_padding = [1, 0]> (x, w, p, b)",
            {"x": (1, 3, 4, 3), "w": (3, 2, 3, 3), "p": np.array([1, 0, 0, 2]), "b": (2,)},
            opsets=(7, NEWEST),
            constant=constant,
            runtime="onnxruntime",
        )
        for name, constant in (("", ("p",)), ("-computed", ()))
    ),
    Case(  # the schema lets the pads out, the kernel does not
        "com.microsoft.ConvTransposeWithDynamicPads-none",
        "y = com.microsoft.ConvTransposeWithDynamicPads <dilations = [2, 1], group = 2> (x, w)",
        {"x": (1, 4, 4, 3), "w": (4, 1, 2, 3)},
        opsets=(11, NEWEST),
        meaning="y = ConvTranspose <dilations = [2, 1], group = 2> (x, w)",
        runtime="onnxruntime",
    ),
)
