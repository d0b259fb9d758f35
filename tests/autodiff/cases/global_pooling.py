"""Rows for `onnxcam/autodiff/rules/global_pooling.py`."""

import math

import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import NEWEST, Case

SHAPES = {"1d": (2, 3, 5), "2d": (2, 3, 4, 5), "3d": (2, 3, 2, 3, 2)}

# At a kink central differences see the mean of both sides: 0 at a minimum, even shares where two tie.
TIES = np.array([[[1.0, 3.0, 3.0], [2.0, 0.5, -1.0]]])
AT_ZERO = np.array([[[1.0, 0.0, -2.0], [0.0, 0.0, 0.0]]])


def spaced(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Numbers too far apart for a difference to change the maximum."""
    return np.random.default_rng(0).permutation(math.prod(shape)).reshape(shape) / 4


CASES = (
    *(
        Case(f"GlobalAveragePool-{k}", "y = GlobalAveragePool(x)", {"x": x}, opsets=(7, NEWEST))
        for k, x in SHAPES.items()
    ),
    # The reference evaluator takes the maximum over two axes, whatever the rank, and knows no GlobalLpPool,
    # of which ONNX Runtime does not have version 22.
    *(
        Case(f"GlobalMaxPool-{k}", "y = GlobalMaxPool(x)", {"x": spaced(x)}, opsets=(7, NEWEST), runtime="onnxruntime")
        for k, x in SHAPES.items()
    ),
    Case("GlobalAveragePool-large", "y = GlobalAveragePool(x)", {"x": (1, 2, 150, 110)}, opsets=(7, NEWEST)),
    *(
        Case(
            f"GlobalLpPool-p{p}",
            f"y = GlobalLpPool <p = {p}> (x)",
            {"x": (2, 3, 4, 5)},
            opsets=(7, 21),
            avoid=(0.0,),
            runtime="onnxruntime",
        )
        for p in (1, 2, 3)
    ),
    *(
        Case(f"GlobalLpPool-zero-p{p}", f"y = GlobalLpPool <p = {p}> (x)", {"x": AT_ZERO}, (7,), runtime="onnxruntime")
        for p in (1, 2, 3)
    ),
    Case("GlobalMaxPool-ties", "y = GlobalMaxPool(x)", {"x": TIES}, (7,), runtime="onnxruntime"),
)
