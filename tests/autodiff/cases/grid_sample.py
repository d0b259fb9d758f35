"""Rows for `onnxcam/autodiff/rules/grid_sample.py`."""

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from tests.autodiff.cases.case import NEWEST, Case

PADDINGS = ("zeros", "border", "reflection")


def grid(space: tuple[int, ...], shape: tuple[int, ...], *, is_aligned: bool) -> NDArray[np.float64]:
    """Sampling positions within the image and beyond it, none near the edge of a cell."""
    cells = np.array(space[::-1], dtype=np.float64)
    rng = np.random.default_rng(math.prod(shape))
    position = rng.integers(-3, cells + 2, size=shape) + rng.uniform(0.15, 0.35, size=shape)
    return (position / (cells - 1) if is_aligned else (position + 0.5) / cells) * 2 - 1


def sample(mode: str, padding: str, *, is_aligned: bool, x: tuple[int, ...], opsets: tuple[int, ...]) -> Case:
    form = f'mode = "{mode}", padding_mode = "{padding}", align_corners = {int(is_aligned)}'
    shape = (x[0], *range(3, 3 + len(x) - 2), len(x) - 2)
    name = f"GridSample-{len(x) - 2}d-{mode}-{padding}{'-aligned' if is_aligned else ''}"
    inputs = {"x": x, "g": grid(x[2:], shape, is_aligned=is_aligned)}
    # The reference evaluator computes in float32, too coarse for its differences; it does not know opset 16's names
    # either, and clamps the wrong positions in a cubic border.
    return Case(
        name,
        f"y = GridSample <{form}> (x, g)",
        inputs,
        opsets=opsets,
        constant=("g",) if mode == "nearest" else (),
        runtime="reference" if mode == "nearest" else "onnxruntime",
    )


CASES = (
    *(
        sample(mode, padding, is_aligned=is_aligned, x=(2, 3, 4, 5), opsets=opsets)
        for modes, opsets in (
            (("bilinear", "bicubic"), (16,)),
            (("linear", "cubic"), (20, NEWEST)),
            (("nearest",), (16, 20, NEWEST)),
        )
        for mode in modes
        for padding in PADDINGS
        for is_aligned in (False, True)
    ),
    *(
        sample(mode, padding, is_aligned=is_aligned, x=(2, 2, 3, 4, 3), opsets=(20, NEWEST))
        for mode in ("linear", "nearest")
        for padding in PADDINGS
        for is_aligned in (False, True)
    ),
    # Two elements, between which a reflection turns at once; three samples, as index -1 of two is the other.
    dataclasses.replace(
        sample("linear", "reflection", is_aligned=True, x=(3, 2, 2, 2), opsets=(20,)), id="GridSample-small"
    ),
    *(
        Case(
            f"AffineGrid-{len(size) - 2}d-{how}{a}",
            f"y = AffineGrid <align_corners = {a}> (t, s)",
            {"t": (2, len(size) - 2, len(size) - 1), "s": np.array(size)},
            opsets=(20, NEWEST),
            constant=kept,
            is_dynamic=bool(kept),
            runtime="onnxruntime",
        )
        for size in ((2, 3, 4, 5), (2, 3, 2, 4, 3))
        for how, kept in (("constant", ("s",)), ("fed", ()))
        for a in (0, 1)
    ),
)
