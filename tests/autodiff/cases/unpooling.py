"""Rows for `onnxcam/autodiff/rules/unpooling.py`."""

import numpy as np

from tests.autodiff.cases.case import NEWEST, Case

PEAKS = np.array([[[[5, 7], [13, 15]]], [[[16, 19], [26, 24]]]], dtype=np.int64)
STRIDES = "kernel_shape = [2, 2], strides = [2, 2]"


def columns(form: str, attributes: str, image: tuple[int, ...], block: tuple[int, ...], shape: tuple[int, ...]) -> Case:
    inputs = {"x": shape, "i": np.array(image), "b": np.array(block)}
    return Case(f"Col2Im{form}", f"y = Col2Im <{attributes}> (x, i, b)", inputs, (18, NEWEST), constant=("i", "b"))


CASES = (
    Case("MaxUnpool", f"y = MaxUnpool <{STRIDES}> (x, i)", {"x": (2, 1, 2, 2), "i": PEAKS}, (9, 11, NEWEST)),
    Case(
        "MaxUnpool-shape",
        f"r = MaxUnpool <{STRIDES}> (x, i, s) y = Reshape(r, f)",
        {"x": (2, 1, 2, 2), "i": PEAKS, "s": np.array([2, 1, 4, 4]), "f": np.array([-1])},
        (9, 11),
        constant=("s", "f"),
    ),
    columns("", "strides = [1, 1]", (3, 4), (2, 2), (2, 12, 6)),
    columns("-all", "strides = [2, 1], pads = [1, 0, 1, 2], dilations = [1, 2]", (4, 5), (2, 3), (1, 6, 9)),
    Case(
        "Col2Im-computed",
        "r = Col2Im <strides = [2, 1], pads = [1, 0, 1, 2], dilations = [1, 2]> (x, i, b) y = Reshape(r, f)",
        {"x": (1, 6, 9), "i": np.array([4, 5]), "b": np.array([2, 3]), "f": np.array([1, 1, 4, 5])},
        (18, NEWEST),
        constant=("f",),
    ),
    columns("-line", "pads = [1, 1]", (5,), (3,), (2, 3, 5)),
    columns("-space", "strides = [1, 1, 1]", (3, 2, 4), (2, 1, 2), (1, 4, 12)),
)
